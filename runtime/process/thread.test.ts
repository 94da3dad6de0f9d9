import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { nextMessage } from './thread.ts'

const thread = (code: string) =>
  new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } })
const endOf = (code: string) => nextMessage(thread(code)).catch((error: unknown) => error)

test('a thread whose memory runs out ends as a failure of the system, without a stack', async () => {
  const error = await endOf('const all = []; for (;;) all.push(new Array(1000).fill({}))')
  expect(error).toBeInstanceOf(Failure)
  expect(error).toMatchObject({
    exitCode: EXIT.internal,
    message: 'memory or threads of this process ran out (ERR_WORKER_OUT_OF_MEMORY)',
  })
})

test('a thread that fails otherwise ends with its error; one that exits silently, with its code', async () => {
  const error = await endOf('throw new RangeError("no memory of that")')
  expect(error).toBeInstanceOf(RangeError)
  const ended = await endOf('process.exit(7)')
  expect(ended).toBeInstanceOf(Failure)
  expect(ended).toMatchObject({
    exitCode: EXIT.internal,
    message: 'a thread ended early with code 7',
  })
})

test('a message arrives as it is sent, and is ignored after the wait was aborted', async () => {
  const post = 'require("node:worker_threads").parentPort.postMessage(5)'
  expect(await nextMessage(thread(post))).toBe(5)
  const watch = new AbortController()
  const worker = thread(`setTimeout(() => { throw new Error("late") }, 20)`)
  let settled = false
  nextMessage(worker, { signal: watch.signal }).then(
    () => {
      settled = true
    },
    () => {
      settled = true
    },
  )
  watch.abort()
  await new Promise((resolve) => worker.once('error', resolve))
  expect(settled).toBe(false)
})
