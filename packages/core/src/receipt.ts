/** Entry `@batpak/core/receipt`: receipts away from their store. */
export { coverOf, keyIdOf, publicKeyOf, verifyClaim } from './receipt/claim.ts'
export { receiptFromJson, receiptToJson } from './receipt/json.ts'
export type { ReceiptJson } from './receipt/json.ts'
export type { AppendReceipt, DenialReceipt, Receipt, WireReceipt } from './append/receipt.ts'
export type { VerifyReason, VerifyResult } from './append/verdict.ts'
