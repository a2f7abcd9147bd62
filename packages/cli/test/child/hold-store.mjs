// Opens the store named by the argument, says so, and keeps it until standard input ends.
import { Store } from '@batpak/core'

const store = Store.open({ dataDir: process.argv[2] })
console.log('held')
process.stdin.resume()
process.stdin.on('end', () => store.close())
