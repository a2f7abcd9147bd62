// Tries the lock on the file named by the first argument, prints the outcome as one JSON line, and
// keeps the descriptor until standard input ends.
import { nodePlatform } from '@batpak/platform'

const platform = nodePlatform()
const fd = platform.fs.open(process.argv[2], 'lock-nofollow')
const locked = platform.fs.tryLock(fd)
console.log(JSON.stringify({ locked, backend: platform.backends().lock.backend }))
process.stdin.resume()
