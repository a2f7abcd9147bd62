// The built packages: what users install.

const entry = (name) => import(new URL(`../packages/core/dist/${name}.js`, import.meta.url))

export const core = await entry('index')
export const evidence = await entry('evidence')
export const gates = await entry('gate')
export const receipts = await entry('receipt')
export const testing = await entry('testing')
