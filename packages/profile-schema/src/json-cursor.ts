/**
 * Reads JSON tokens from bytes, by RFC 8259 and nothing more. Every read checks its bounds, every
 * defect is a `StrictJsonError` that says where it is.
 */
export class JsonCursor {
  readonly #bytes: Uint8Array
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#at
  }

  /** The next byte; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#at]
  }

  /** Consumes the next byte if it is `byte`. */
  take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }

  expect(byte: number): void {
    if (!this.take(byte)) this.failExpecting(byteText(byte))
  }

  skipWhitespace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) return
      this.#at++
    }
  }

  /** A string whose text matters: valid UTF-8, and no lone surrogate among its escapes. */
  readString(): string {
    this.expect(QUOTE)
    let text = ''
    for (;;) {
      const from = this.#at
      const stop = this.#skipPlain()
      text += this.#decode(from, this.#at)
      this.#at++
      if (stop === QUOTE) return text
      text += this.#readEscape()
    }
  }

  /** A string that is ignored: only its grammar is checked, not its UTF-8 and not its surrogates. */
  skipString(): void {
    this.expect(QUOTE)
    for (;;) {
      const stop = this.#skipPlain()
      this.#at++
      if (stop === QUOTE) return
      this.#readEscapedUnit()
    }
  }

  /** A number in any form JSON allows. */
  readNumber(): number {
    const from = this.#at
    this.skipNumber()
    return Number(this.#decode(from, this.#at))
  }

  /** A number written as an integer: no fraction, no exponent, no negative zero. */
  readInteger(what: string): number {
    const from = this.#at
    this.skipNumber()
    const text = this.#decode(from, this.#at)
    if (text === '-0' || !/^-?\d+$/.test(text)) {
      this.fail(`${what} must be written as a plain integer`, from)
    }
    return Number(text)
  }

  skipNumber(): void {
    this.take(MINUS)
    if (this.take(ZERO)) {
      if (isDigit(this.peek())) this.fail('a number must not start with 0')
    } else {
      this.#skipDigits()
    }
    if (this.take(DOT)) this.#skipDigits()
    if (this.take(LOWER_E) || this.take(UPPER_E)) {
      if (!this.take(MINUS)) this.take(PLUS)
      this.#skipDigits()
    }
  }

  /** `true`, `false` or `null`. */
  readLiteral(): boolean | null {
    for (const [name, value] of LITERALS) {
      if (this.#takeAscii(name)) return value
    }
    return this.failExpecting('a JSON value')
  }

  failExpecting(what: string): never {
    const byte = this.peek()
    this.fail(`expected ${what}, found ${byte === undefined ? 'the end' : byteText(byte)}`)
  }

  fail(problem: string, offset: number = this.#at): never {
    let line = 1
    let lineStart = 0
    for (let at = 0; at < offset; at++) {
      if (this.#bytes[at] === LF) {
        line++
        lineStart = at + 1
      }
    }
    throw new StrictJsonError(`${problem} at line ${line}, column ${offset - lineStart + 1}`)
  }

  /** Stops at the quote or backslash that ends a run of ordinary characters. */
  #skipPlain(): number {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === QUOTE || byte === BACKSLASH) return byte
      if (byte === undefined) this.fail('a string has no end')
      if (byte < SPACE) this.fail(`a string holds the raw control ${byteText(byte)}`)
      this.#at++
    }
  }

  /** The character of an escape whose backslash is consumed. */
  #readEscape(): string {
    const from = this.#at - 1
    const unit = this.#readEscapedUnit()
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
    if (unit < 0xdc00 && this.take(BACKSLASH)) {
      const low = this.#readEscapedUnit()
      if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low)
    }
    return this.fail('a surrogate escape has no partner', from)
  }

  #readEscapedUnit(): number {
    const byte = this.peek()
    const unit = byte === undefined ? undefined : ESCAPES.get(byte)
    if (unit !== undefined) {
      this.#at++
      return unit
    }
    if (!this.take(LOWER_U)) this.failExpecting('one of "\\/bfnrtu after a backslash')
    let value = 0
    for (let digits = 0; digits < 4; digits++) {
      const digit = hexValue(this.peek())
      if (digit === undefined) return this.failExpecting('a hexadecimal digit')
      value = value * 16 + digit
      this.#at++
    }
    return value
  }

  #skipDigits(): void {
    if (!isDigit(this.peek())) this.failExpecting('a digit')
    while (isDigit(this.peek())) this.#at++
  }

  #takeAscii(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[this.#at + i] !== text.charCodeAt(i)) return false
    }
    this.#at += text.length
    return true
  }

  #decode(from: number, to: number): string {
    if (from === to) return ''
    try {
      // A copy, because browsers do not decode memory that is shared between threads.
      return this.#decoder.decode(new Uint8Array(this.#bytes.subarray(from, to)))
    } catch {
      // The one way a fatal decoder fails; its own message does not say where.
      return this.fail('a string is not valid UTF-8', from)
    }
  }
}

/** What is wrong with a JSON text, and where: lines and columns from 1, columns in bytes. */
export class StrictJsonError extends Error {
  override readonly name: string = 'StrictJsonError'
}

export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const MINUS = 0x2d
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
const UPPER_E = 0x45
const BACKSLASH = 0x5c
const LOWER_E = 0x65
const LOWER_U = 0x75

const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/** The byte after a backslash → the character it stands for. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({
    '"': '"',
    '\\': '\\',
    '/': '/',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
  }).map(([written, meant]) => [written.charCodeAt(0), meant.charCodeAt(0)]),
)

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39
}

function hexValue(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined
  if (isDigit(byte)) return byte - ZERO
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined
}

function byteText(byte: number): string {
  const hex = `0x${byte.toString(16).padStart(2, '0')}`
  return byte > SPACE && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte ${hex}`
}
