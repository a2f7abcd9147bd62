// A TypeScript lexer that is just good enough for repository rules: it tells code from comments and
// literals. It knows nothing of JSX, and takes `/` for a regular expression where a value may start.

/**
 * Splits source text: `code` has the length and line breaks of `text`, with the insides of
 * comments, strings, templates and regular expressions replaced by spaces (quotes stay);
 * `literals` are the string and template literals, `comments` the comments, in order.
 */
export function lex(text) {
  const state = { text, code: text.split('') } // UTF-16 units, so that offsets stay those of `text`
  const found = { literals: [], comments: [] }
  scanCode(state, found, 0, false)
  return { code: state.code.join(''), ...found }
}

const REGEX_AFTER =
  /(?:^|[(,=:[!&|?{};*%<>~^]|[^+]\+|[^-]-|\b(?:return|typeof|case|in|of|do|else|throw|await))\s*$/

// Scans code from `start`; inside a template's `${…}` it stops behind the closing brace.
function scanCode(state, found, start, nested) {
  const { text } = state
  let depth = 0
  let index = start
  while (index < text.length) {
    const char = text[index]
    if (char === '/' && (text[index + 1] === '/' || text[index + 1] === '*')) {
      index = scanComment(state, found, index)
    } else if (char === "'" || char === '"') {
      index = scanString(state, found, index)
    } else if (char === '`') {
      index = scanTemplate(state, found, index)
    } else if (char === '/' && startsRegex(state, index)) {
      index = scanRegex(state, index)
    } else {
      if (char === '{') depth += 1
      if (char === '}') {
        if (nested && depth === 0) return index + 1
        depth -= 1
      }
      index += 1
    }
  }
  return index
}

function startsRegex({ code }, index) {
  return REGEX_AFTER.test(code.slice(Math.max(0, index - 40), index).join(''))
}

function blank({ text, code }, from, to) {
  for (let index = from; index < to; index += 1) {
    if (text[index] !== '\n' && text[index] !== '\r') code[index] = ' '
  }
}

function scanComment(state, found, start) {
  const { text } = state
  const line = text[start + 1] === '/'
  const end = text.indexOf(line ? '\n' : '*/', start + 2)
  const stop = end === -1 ? text.length : line ? end : end + 2
  found.comments.push({ start, end: stop, text: text.slice(start, stop) })
  blank(state, start, stop)
  return stop
}

function scanString(state, found, start) {
  const { text } = state
  let index = start + 1
  while (index < text.length && text[index] !== text[start] && text[index] !== '\n') {
    index += text[index] === '\\' ? 2 : 1
  }
  found.literals.push({ start, end: index + 1, value: text.slice(start + 1, index) })
  blank(state, start + 1, index)
  return index + 1
}

function scanTemplate(state, found, start) {
  const { text } = state
  let index = start + 1
  let value = ''
  let from = index
  const take = () => {
    value += text.slice(from, index)
    blank(state, from, index)
  }
  while (index < text.length && text[index] !== '`') {
    if (text[index] === '\\') index += 2
    else if (text[index] === '$' && text[index + 1] === '{') {
      take()
      index = from = scanCode(state, found, index + 2, true)
    } else index += 1
  }
  take()
  found.literals.push({ start, end: index + 1, value })
  return index + 1
}

function scanRegex(state, start) {
  const { text } = state
  let index = start + 1
  let inClass = false
  while (index < text.length && text[index] !== '\n' && (inClass || text[index] !== '/')) {
    if (text[index] === '[') inClass = true
    if (text[index] === ']') inClass = false
    index += text[index] === '\\' ? 2 : 1
  }
  blank(state, start + 1, index)
  return index + 1
}

/** The offset behind the bracket that closes the one at `open`, in masked code. */
export function closing(code, open) {
  const pairs = { '(': ')', '{': '}', '[': ']' }
  const close = pairs[code[open]]
  let depth = 0
  for (let index = open; index < code.length; index += 1) {
    if (code[index] === code[open]) depth += 1
    else if (code[index] === close) {
      depth -= 1
      if (depth === 0) return index + 1
    }
  }
  return code.length
}
