import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Watch } from './watch.ts'

const LIMIT_MS = 200

async function watched(code: string, limitMs = LIMIT_MS, before = '') {
  // it is watched from here on: on a busy machine Node itself may take longer than the limit
  const begun = `${before}; require('node:fs').writeSync(1, '.'); ${code}`
  const child = spawn(process.execPath, ['-e', begun], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  const watch = new Watch(child, limitMs)
  const signal = await new Promise((resolve) => child.on('exit', (_, name) => resolve(name)))
  watch.stop()
  return { signal, overran: watch.overran, peakMib: watch.peakMib }
}

describe.skipIf(!existsSync('/proc/self/stat'))('a process is watched', () => {
  test('a busy process is interrupted', async () => {
    expect(await watched('for (;;) {}')).toMatchObject({ overran: 'responsive', signal: 'SIGINT' })
  })

  test('a process that ignores interruption is killed', async () => {
    const deaf = "process.on('SIGINT', () => {})"
    expect(await watched('for (;;) {}', LIMIT_MS, deaf)).toMatchObject({
      overran: 'unresponsive',
      signal: 'SIGKILL',
    })
  })

  test('a process that waits for ever is interrupted, too', async () => {
    expect(await watched('setInterval(() => {}, 1000)')).toMatchObject({ overran: 'responsive' })
  })

  test('work of its child processes counts', async () => {
    const busy = 'while (process.cpuUsage().user < 3e6);'
    const parent = `require('node:child_process').spawn(process.execPath, ['-e', '${busy}'])`
    expect(await watched(parent, 1000)).toMatchObject({ overran: 'responsive' })
  })

  test('memory is measured', async () => {
    const big = 'const all = Buffer.alloc(300 << 20, 1); setTimeout(() => all, 1000)'
    expect((await watched(big, 10_000)).peakMib).toBeGreaterThan(300)
  })
})
