import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { affinityOf, parseCores } from './affinity.ts'

test('the dispatcher and every executor get separate cores', () => {
  expect(affinityOf([1, 2], [0, 1, 4, 5])).toEqual({ dispatcher: [0], executors: [[1], [4, 5]] })
  expect(affinityOf([1], [3, 7])).toEqual({ dispatcher: [3], executors: [[7]] })
})

test('threads are not pinned where there are too few cores', () => {
  expect(affinityOf([1, 1], [0, 1])).toBe(null)
  expect(affinityOf([1], [])).toBe(null)
})

test('core lists are parsed as the kernel writes them', () => {
  expect(parseCores('0-3,8')).toEqual([0, 1, 2, 3, 8])
  expect(parseCores('5')).toEqual([5])
  expect(parseCores('')).toEqual([])
})

test('a pinned thread runs on its core only; the thread that started it stays unpinned', async (context) => {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) {
    context.skip('threads are pinned on Linux with taskset only')
  }
  const allowed = /Cpus_allowed_list:\s*(\S+)/
  const mine = () => allowed.exec(readFileSync('/proc/thread-self/status', 'utf8'))![1]
  const before = mine()
  const core = parseCores(before!)[0]!
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const entry = JSON.stringify(new URL('./affinity.ts', import.meta.url).href)
  const worker = new Worker(
    `import(${loader}).then((tsx) => (tsx.register(), import(${entry}))).then(({ pinThread }) => {
      pinThread([${core}])
      const status = require('node:fs').readFileSync('/proc/thread-self/status', 'utf8')
      require('node:worker_threads').parentPort.postMessage(${allowed}.exec(status)[1])
    })`,
    { eval: true, execArgv: [] },
  )
  const pinned = await new Promise((resolve, reject) => {
    worker.on('message', resolve)
    worker.on('error', reject)
  })
  expect(pinned).toBe(String(core))
  expect(mine()).toBe(before)
})
