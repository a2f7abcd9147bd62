// A region of a step or a request, as `store.cursor` and reports take it.

export function regionOf({ entityPrefix, scope, kind, category, clockRange }) {
  return {
    ...(entityPrefix === undefined ? {} : { entity: entityPrefix }),
    ...(scope === undefined ? {} : { scope }),
    ...(kind === undefined ? {} : { kind }),
    ...(category === undefined ? {} : { kind: { category } }),
    ...(clockRange === undefined ? {} : { clock: clockRange }),
  }
}
