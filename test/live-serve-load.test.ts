import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, type TestContext, test } from 'vitest'
import { ENCODER, encoderInputs, servedCommand } from './served-command.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Load generators of others: what they count is what the server counts. */

const folder = temporaryFolder()
const run = promisify(execFile)
const BODY = JSON.stringify({ inputs: encoderInputs([1, 2, 3]) })
const served = /^spillway_requests_total\{.*outcome="served"/

/** Skips a test without a program; with CI=true it fails instead. */
function need(context: TestContext, program: string, install: string): void {
  if (spawnSync(program, ['-V']).error === undefined) return
  if (process.env.CI === 'true') throw new Error(`expected ${program}: apt install ${install}`)
  context.skip(`no ${program}: apt install ${install}`)
}

test('each request of ab is answered and counted once', async (context) => {
  need(context, 'ab', 'apache2-utils')
  const { url, command, metric } = await servedCommand(folder, ENCODER)
  const body = put(folder, 'body.json', BODY)
  const target = `${url}/v2/models/encoder/infer`
  for (const keepAlive of [['-k'], []]) {
    const asked = ['-q', '-l', '-n', '1000', '-c', '32', ...keepAlive, '-p', body]
    const { stdout } = await run('ab', [...asked, '-T', 'application/json', target])
    expect(stdout).toMatch(/^Complete requests: +1000$/m)
    expect(stdout).toMatch(/^Failed requests: +0$/m)
    expect(stdout).not.toContain('Non-2xx')
  }
  expect(await metric(served)).toBe(2000)
  // batches of several clients form
  expect(await metric(/^spillway_batch_size_count/)).toBeLessThan(1000)
  command.child.kill('SIGTERM')
  expect((await command.ended).stdout).toContain('ended; requests: 2000 served\n')
})

test('connections of wrk that end in the middle leave nothing behind', async (context) => {
  need(context, 'wrk', 'wrk')
  const { url, command } = await servedCommand(folder, ENCODER)
  const script = put(
    folder,
    'post.lua',
    `wrk.method = "POST"\nwrk.body = [=[${BODY}]=]\nwrk.headers["Content-Type"] = "application/json"\n`,
  )
  const asked = ['-t', '1', '-c', '64', '-d', '2', '-s', script]
  const { stdout } = await run('wrk', [...asked, `${url}/v2/models/encoder/infer`])
  const answered = Number(/(\d+) requests in/.exec(stdout)![1])
  expect(answered).toBeGreaterThan(0)
  expect(stdout).not.toMatch(/Non-2xx|Socket errors/)
  command.child.kill('SIGTERM')
  const { code, stdout: out } = await command.ended
  expect(code).toBe(0)
  // wrk leaves when its time is over, with a request on each connection
  const counted = Number(/requests: (\d+) served\n/.exec(out)![1])
  expect(counted).toBeGreaterThanOrEqual(answered)
  expect(counted).toBeLessThanOrEqual(answered + 64)
})
