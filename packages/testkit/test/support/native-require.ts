import Module from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Lets a native `require` in a vitest worker find the built package.
 *
 * Vitest passes the condition `batpak-source` on to Node, so that core's lazy `require` of
 * `@batpak/profile-schema` would find TypeScript, which Node 20 cannot load.
 */
export function requireBuiltProfileSchema(): void {
  const built = fileURLToPath(new URL('../../../profile-schema/dist/index.js', import.meta.url))
  const internals = Module as unknown as { _resolveFilename: (...args: unknown[]) => string }
  const resolve = internals._resolveFilename.bind(Module)
  internals._resolveFilename = (...args) =>
    args[0] === '@batpak/profile-schema' ? built : resolve(...args)
}
