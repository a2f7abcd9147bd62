// README snippets are copies of code that runs: the source region and the fence must be equal.
import { finding } from './project.mjs'

const SNIPPET = /<!-- source: ([^\s#]+)#([\w-]+) -->\s*\n(?:```\w*\n([^]*?)^```)?/gm

/**
 * `<!-- source: examples/x/src/main.ts#name -->` before a fence binds it to the lines between
 * `// #region name` and `// #endregion` of that file, without their common indent.
 */
export function* snippets(project) {
  for (const file of project.files.filter((name) => /(?:^|\/)README\.md$/.test(name))) {
    const text = project.text(file)
    for (const { 1: path, 2: region, 3: shown, index } of text.matchAll(SNIPPET)) {
      const problem = compare(project, path, region, shown)
      if (problem) yield finding('snippet', file, problem[0], problem[1], text, index)
    }
  }
}

function compare(project, path, region, shown) {
  if (shown === undefined) return [`no code fence behind ${path}#${region}`, 'put the fence there']
  if (!project.files.includes(path))
    return [`source ${path} does not exist`, 'name a file of this repository']
  const wanted = regionOf(project.text(path), region)
  if (wanted === undefined) return [`${path} has no region ${region}`, `add // #region ${region}`]
  return wanted === shown.trimEnd()
    ? undefined
    : [`differs from ${path}#${region}`, 'copy the region']
}

function regionOf(text, name) {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`)
  if (start === -1) return undefined
  const length = lines.slice(start + 1).findIndex((line) => line.trim().startsWith('// #endregion'))
  const body = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length)
  const filled = body.filter((line) => line.trim() !== '')
  const indent = Math.min(...filled.map((line) => line.length - line.trimStart().length))
  return body
    .map((line) => line.slice(indent))
    .join('\n')
    .trimEnd()
}
