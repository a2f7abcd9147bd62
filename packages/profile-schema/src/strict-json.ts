/**
 * A strict JSON reader for documents of a known shape.
 *
 * `JSON.parse` would let through what batpak 0.8.0 refuses in a profile: a known field given twice,
 * `1.0` for an integer, lone surrogates, a byte order mark. And it would build what nobody wants:
 * unknown fields are checked for grammar only and never kept, however deep they are.
 */
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isDigit,
  JsonCursor,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-cursor.ts'

/** What is known about a value: which fields an object has, or how a scalar is written. */
export type JsonShape = 'integer' | 'scalar' | ObjectShape

export interface ObjectShape {
  readonly fields: Readonly<Record<string, JsonShape>>
  /** `ignore` skips unknown fields; `refuse` is for objects that stand for one variant of many. */
  readonly unknown: 'ignore' | 'refuse'
}

/**
 * Reads one JSON document and returns its known fields. Where the document does not have the shape,
 * the value is what was found, with arrays and unexpected objects emptied: judging is the caller's.
 * @throws StrictJsonError for every defect of grammar or spelling, with its place
 */
export function readStrictJson(bytes: Uint8Array, shape: JsonShape): unknown {
  const cursor = new JsonCursor(bytes)
  cursor.skipWhitespace()
  const value = readKnown(cursor, shape, '')
  cursor.skipWhitespace()
  if (cursor.peek() !== undefined) cursor.failExpecting('the end of the document')
  return value
}

// Recursion is bounded by the depth of the shape, not by the document.
function readKnown(cursor: JsonCursor, shape: JsonShape, path: string): unknown {
  const byte = cursor.peek()
  if (byte === OPEN_OBJECT && typeof shape === 'object') return readObject(cursor, shape, path)
  if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
    skipValue(cursor)
    return byte === OPEN_ARRAY ? [] : {}
  }
  if (byte === QUOTE) return cursor.readString()
  if (byte === MINUS || isDigit(byte)) {
    return shape === 'integer' ? cursor.readInteger(path) : cursor.readNumber()
  }
  return cursor.readLiteral()
}

function readObject(cursor: JsonCursor, shape: ObjectShape, path: string): object {
  const known: Record<string, unknown> = {}
  cursor.expect(OPEN_OBJECT)
  cursor.skipWhitespace()
  if (cursor.take(CLOSE_OBJECT)) return known
  do {
    cursor.skipWhitespace()
    const keyOffset = cursor.offset
    const key = cursor.readString()
    expectColon(cursor)
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined
    if (field === undefined) {
      if (shape.unknown === 'refuse') cursor.fail(`${path} has an unknown variant`, keyOffset)
      skipValue(cursor)
    } else {
      const fieldPath = path === '' ? key : `${path}.${key}`
      if (Object.hasOwn(known, key)) cursor.fail(`${fieldPath} is given twice`, keyOffset)
      known[key] = readKnown(cursor, field, fieldPath)
    }
    cursor.skipWhitespace()
  } while (cursor.take(COMMA))
  cursor.expect(CLOSE_OBJECT)
  return known
}

/** Checks the grammar of one value of any depth, without recursion and without building it. */
function skipValue(cursor: JsonCursor): void {
  /** For each array and object around the current place, the byte that closes it. */
  const closers: number[] = []
  do {
    if (cursor.take(OPEN_ARRAY)) closers.push(CLOSE_ARRAY)
    else if (cursor.take(OPEN_OBJECT)) closers.push(CLOSE_OBJECT)
    else {
      skipScalar(cursor)
      skipToNextValue(cursor, closers)
      continue
    }
    cursor.skipWhitespace()
    if (cursor.peek() === closers.at(-1)) skipToNextValue(cursor, closers)
    else if (closers.at(-1) === CLOSE_OBJECT) skipKey(cursor)
  } while (closers.length > 0)
}

/** After a value: closes all that ends here, then moves over the comma (and key) to the next one. */
function skipToNextValue(cursor: JsonCursor, closers: number[]): void {
  for (;;) {
    const closer = closers.at(-1)
    if (closer === undefined) return
    cursor.skipWhitespace()
    if (cursor.take(closer)) {
      closers.pop()
      continue
    }
    if (!cursor.take(COMMA)) {
      cursor.failExpecting(`',' or '${String.fromCharCode(closer)}'`)
    }
    cursor.skipWhitespace()
    if (closer === CLOSE_OBJECT) skipKey(cursor)
    return
  }
}

function skipKey(cursor: JsonCursor): void {
  // As batpak 0.8.0: inside an ignored value the text of a key is ignored like any other.
  cursor.skipString()
  expectColon(cursor)
}

function skipScalar(cursor: JsonCursor): void {
  const byte = cursor.peek()
  if (byte === QUOTE) cursor.skipString()
  else if (byte === MINUS || isDigit(byte)) cursor.skipNumber()
  else cursor.readLiteral()
}

function expectColon(cursor: JsonCursor): void {
  cursor.skipWhitespace()
  cursor.expect(COLON)
  cursor.skipWhitespace()
}
