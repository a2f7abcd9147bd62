/** The order that every driver appends: 256 bytes as JSON, 197 as MessagePack. */
import { defineEvent, type Coordinate, type EventType } from '@batpak/core'

export interface OrderPayload {
  readonly order_id: string
  readonly customer: string
  readonly amount_cents: number
  readonly currency: string
  readonly status: string
  readonly lines: readonly { readonly sku: string; readonly qty: number; readonly cents: number }[]
  readonly note: string
  readonly ts: number
}

export const Order: EventType<OrderPayload> = defineEvent<OrderPayload>({
  name: 'bench.Order',
  category: 0xa,
  typeId: 7,
})

export const STREAMS = 100
export const WARM_UP = 5000
export const WARM_UP_SYNCED = 3000

export function order(i: number): OrderPayload {
  return {
    order_id: `ord-${10_000_000 + i}`,
    customer: `cust-${4000 + (i % 1000)}`,
    amount_cents: 129_900 + (i % 1000),
    currency: 'EUR',
    status: 'confirmed',
    lines: [
      { sku: 'SKU-1001', qty: 2, cents: 4990 },
      { sku: 'SKU-2002', qty: 1, cents: 119_920 },
    ],
    note: 'leave at the doorxxxxxxxxxxx',
    ts: 1_732_345_678,
  }
}

export function addresses(): readonly Coordinate[] {
  return Array.from({ length: STREAMS }, (_, i) => ({
    entity: `order-${String(i).padStart(5, '0')}`,
    scope: 'bench:scope',
  }))
}
