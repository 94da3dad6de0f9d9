import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { commandsIn, expectRefusal, put, temporaryFolder } from './spillway.ts'

/** What is in the memory of a command's own process, which writes down what it loads. */

const folder = temporaryFolder()
const notes = `'${folder}/' + process.pid`
const loader = put(
  folder,
  'loader.mjs',
  `import { appendFileSync } from 'node:fs'
export function load(url, context, next) {
  appendFileSync(${notes} + '.modules', url + '\\n')
  return next(url, context)
}`,
)
const hook = put(
  folder,
  'hook.mjs',
  `import { readFileSync, writeFileSync } from 'node:fs'
import { register } from 'node:module'
register('file://${loader}')
process.on('exit', () => writeFileSync(${notes} + '.maps', readFileSync('/proc/self/maps')))`,
)
const { start } = commandsIn(folder, { flags: ['--import', hook] })

/** The process that a command had, once it is done. */
async function done(...args: string[]): Promise<number | undefined> {
  const { child, ended } = start(args)
  const { code, stderr } = await ended
  expect(code, stderr).toBe(0)
  return child.pid
}

const memoryOf = (pid: number | undefined) => readFileSync(join(folder, `${pid}.maps`), 'utf8')

/** The bundled code that a process has loaded, in which functions have their names. */
function codeOf(pid: number | undefined): string {
  const urls = readFileSync(join(folder, `${pid}.modules`), 'utf8').split('\n')
  const files = urls.filter((url) => /\/dist\/[^/]+\.js$/.test(url))
  return files.map((url) => readFileSync(fileURLToPath(url), 'utf8')).join('\n')
}

const ZOD = /\bvar ZodType\b/
const YAML = /\bvar YAMLMap\b|\bclass YAMLMap\b/
const SIMULATES = /\bfunction resolveSystem\(/

const onLinux = test.runIf(process.platform === 'linux')

onLinux('simulate has no ONNX Runtime in its process', async () => {
  const short = ['--set', 'duration_s=2', '--set', 'warmup_s=0', '--set', 'slo={}']
  const pid = await done('simulate', 'first', '--replications', '2', ...short)
  expect(memoryOf(pid)).toContain(process.execPath)
  expect(memoryOf(pid)).not.toMatch(/onnxruntime/i)
  // what refusals must not load has these names
  for (const part of [ZOD, YAML, SIMULATES]) expect(codeOf(pid)).toMatch(part)
})

onLinux('doctor has it, as it lists what ONNX Runtime supports', async () => {
  expect(memoryOf(await done('doctor'))).toMatch(/onnxruntime/i)
})

describe.runIf(process.platform === 'linux')('a refusal loads only what finds it', () => {
  put(folder, 'invalid.yaml', 'name: 3\n')
  const search = ['--set', 'pools.0.replicas=1..4']
  test.each([
    ['simulate'],
    ['plan'],
    ['plan', ...search],
    ['sweep', ...search],
    ['variants'],
    ['replay'],
  ])('of an invalid scenario: %s', async (name, ...options) => {
    const { child, ended } = start([name!, 'invalid.yaml', ...options])
    const refused = await ended
    expectRefusal(refused, 3, folder)
    expect(refused.stderr).toMatch(/invalid\.yaml:1:7 name: expected text, got 3/)
    const code = codeOf(child.pid)
    expect(code).toMatch(ZOD)
    expect(code).not.toMatch(SIMULATES)
  })

  test.each([
    ['report', 'nowhere'],
    ['compare', 'nowhere'],
    ['audit', 'nowhere'],
    ['timeline', 'nowhere'],
    ['query', 'nowhere', 'select 1'],
    ['blame', 'nowhere'],
    ['simulate', 'nowhere'],
    ['gate', 'nowhere', '--against', 'first'],
    ['gate', '--fidelity', 'nowhere'],
    ['merge', '.', 'nowhere'],
    ['fit', 'first', 'nowhere'],
    ['trace', 'inspect', 'nowhere'],
    ['trace', 'fit', 'nowhere'],
    ['simulate', 'first', '--profile', 'nowhere'],
    ['run', 'first', '--profile', 'nowhere'],
    ['compare', '.', '--profile', 'nowhere'],
  ])('of what is not there: %s', async (...words) => {
    const { child, ended } = start(words)
    const refused = await ended
    expectRefusal(refused, 3, folder)
    expect(refused.stderr).toMatch(/nowhere: .*no such (file|folder)/)
    const code = codeOf(child.pid)
    expect(code).toContain('Capacity simulator')
    for (const part of [ZOD, YAML, SIMULATES]) expect(code).not.toMatch(part)
  })
})
