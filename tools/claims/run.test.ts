import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../test/spillway.ts'
import { Running } from './run.ts'

const folder = temporaryFolder()
const node = (running: Running, code: string) => running.run(process.execPath, ['-e', code])

test('a command ends with its exit code', async () => {
  const running = new Running()
  expect(await node(running, 'process.exit(5)')).toBe(5)
  expect(running.interrupted).toBe(false)
  running.close()
})

test('an interruption reaches the command, which ends in its own way', async () => {
  const running = new Running()
  const ready = join(folder, 'ready')
  const ended = node(
    running,
    `process.on('SIGINT', () => process.exit(7))
     setInterval(() => {}, 1000)
     require('node:fs').writeFileSync(${JSON.stringify(ready)}, '')`,
  )
  await vi.waitUntil(() => existsSync(ready), { timeout: 30_000, interval: 20 })
  running.stop('SIGINT')
  expect(await ended).toBe(7)
  expect(running.interrupted).toBe(true)
  running.close()
})
