// The two web globals this package needs. It has neither DOM nor Node types, so that nothing else
// of either can slip in.

declare class TextEncoder {
  encode(input: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label: 'utf-8', options: { readonly fatal: true; readonly ignoreBOM: true })
  decode(input: Uint8Array): string
}
