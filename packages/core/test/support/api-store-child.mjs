// Opens the store in the directory named by the first argument, prints the outcome as one JSON line,
// and then obeys one command per line of standard input: `append N`, `partial N` (a frame of which N
// bytes reach the file), `sync`, `close`. The second argument is the way to open.
import { createInterface } from 'node:readline'
import { readdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Store, defineEvent } from '@batpak/core'

const [dataDir, how] = process.argv.slice(2)
const Noted = defineEvent({ name: 'test.Noted', category: 0xf, typeId: 1 })
const say = (value) => console.log(JSON.stringify(value))

let store
try {
  store = Store[how]({ dataDir })
  say({ opened: true })
} catch (error) {
  say({ opened: false, code: error.code, path: error.path, mode: error.mode })
}

const commands = {
  append(count) {
    for (let n = 0; n < count; n += 1) store.append({ entity: 'a', scope: 's' }, Noted, { n })
    say(store.stats())
  },
  // Frames are written by one positional write, so only a crash leaves a part: this plays one.
  partial(bytes) {
    const name = readdirSync(dataDir)
      .filter((file) => file.endsWith('.fbat'))
      .sort()
      .at(-1)
    writeSync(openSync(join(dataDir, name), 'a'), Buffer.from([0, 0, 1, 0].slice(0, bytes)))
    say('written')
  },
  sync() {
    store.sync()
    say('synced')
  },
  close() {
    store.close()
    say('closed')
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, count] = line.split(' ')
  commands[name](Number(count))
}
