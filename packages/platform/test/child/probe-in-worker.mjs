// Maps in the main thread first and then probes in a worker, which prints what it found.
import { Worker, isMainThread } from 'node:worker_threads'
import { nodePlatform } from '@batpak/platform'

const platform = nodePlatform()
const evidence = platform.probe(process.argv[2]).storePath
console.log(JSON.stringify({ mmap: evidence.mmapIndex, ...platform.backends().mmap }))
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) })
  worker.on('error', (error) => console.log(JSON.stringify({ error: error.message })))
}
