import { channel } from 'node:diagnostics_channel'
import { onTestFinished } from 'vitest'

/** What is told on a diagnostics channel from now until the test ends; the array grows. */
export function messagesOn(name: string): unknown[] {
  const told: unknown[] = []
  const listen = (message: unknown): void => void told.push(message)
  channel(name).subscribe(listen)
  onTestFinished(() => {
    channel(name).unsubscribe(listen)
  })
  return told
}
