// Where functions begin and end, found in masked code without a parser.
//
// Heuristic: a function body is the `{…}` behind `=>`, or behind the parameter list (and return
// type) of something that starts with `function` or stands like a method at the start of a line.
// Overloads and signatures have no body and count for nothing. Known blind spot: a method whose
// name is computed by an expression with parentheses.
import { closing } from './lexer.mjs'

const KEYWORDS =
  /^(?:if|for|while|switch|catch|with|return|await|typeof|void|delete|new|throw|super|import)$/
const METHOD =
  /^[ \t]*(?:(?:public|private|protected|static|override|async|get|set|export|default)\s+)*\*?\s*((?:#?[\w$]+|\[[\w$.]+\]))\s*(?=[(<])/gm
const FUNCTION = /\bfunction\b\s*\*?\s*([\w$]*)\s*(?=[(<])/g
const ARROW = /=>\s*(?=\{)/g

/** Every function body in the code: its name, the offset where the function starts, its end. */
export function bodies(code) {
  const found = []
  for (const match of code.matchAll(ARROW)) {
    const open = match.index + match[0].length
    found.push({ name: arrowName(code, match.index), start: lineStart(code, match.index), open })
  }
  for (const pattern of [FUNCTION, METHOD]) {
    for (const match of code.matchAll(pattern)) {
      if (pattern === METHOD && KEYWORDS.test(match[1])) continue
      const open = bodyAfter(code, match.index + match[0].length)
      if (open !== undefined) found.push({ name: match[1] || 'function', start: match.index, open })
    }
  }
  const unique = new Map(
    found.map((body) => [body.open, { ...body, end: closing(code, body.open) }]),
  )
  return [...unique.values()].sort((a, b) => a.open - b.open)
}

const lineStart = (code, index) => code.lastIndexOf('\n', index) + 1

// The nearest `name =` or `name:` before the arrow, for the report only.
function arrowName(code, index) {
  const line = code.slice(lineStart(code, index), index)
  return (
    /(?:const|let)\s+([\w$]+)/.exec(line)?.[1] ??
    /([\w$]+)\s*[:(]/.exec(line)?.[1] ??
    'arrow function'
  )
}

// The offset of the body's `{` for a function whose type or value parameters start at `index`.
function bodyAfter(code, index) {
  let at = index
  if (code[at] === '<') at = closingAngle(code, at)
  if (code[at] !== '(') return undefined
  at = skipSpace(code, closing(code, at))
  if (code[at] === ':') at = afterType(code, at + 1)
  return code[at] === '{' ? at : undefined
}

// Skips a return type: a `{` belongs to the type where a type may start, else it opens the body.
function afterType(code, index) {
  let at = skipSpace(code, index)
  let wantsType = true
  while (at < code.length) {
    const char = code[at]
    if (char === '{' && !wantsType) return at
    if (char === '(' || char === '[' || char === '{') {
      at = closing(code, at)
      wantsType = false
    } else if (char === '<') {
      at = closingAngle(code, at)
      wantsType = false
    } else if (char === '|' || char === '&' || code.startsWith('=>', at)) {
      at += char === '=' ? 2 : 1
      wantsType = true
    } else if (char === '\n' || char === ';' || char === ',' || char === ')' || char === '}') {
      return undefined
    } else {
      const word = /^[\w$.'"?]+/.exec(code.slice(at, at + 200))?.[0]
      wantsType = /^(?:is|extends|keyof|typeof|readonly|asserts|infer)$/.test(word ?? '')
      at += word?.length ?? 1
    }
    at = skipInline(code, at)
    if (wantsType) at = skipSpace(code, at)
  }
  return undefined
}

// Type parameters and arguments: `>` of `=>` does not close them.
function closingAngle(code, open) {
  let depth = 0
  for (let index = open; index < code.length; index += 1) {
    if (code[index] === '<') depth += 1
    if (code[index] === '>' && code[index - 1] !== '=') depth -= 1
    if (depth === 0) return index + 1
  }
  return code.length
}

const skipSpace = (code, index) => index + /^\s*/.exec(code.slice(index, index + 500))[0].length
const skipInline = (code, index) => index + /^[ \t]*/.exec(code.slice(index, index + 500))[0].length
