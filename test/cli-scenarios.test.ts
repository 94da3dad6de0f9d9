import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shippedNames } from '../scenarios/index.ts'
import { changed } from './scenarios.ts'
import { commandsIn, expectRefusal, put, temporaryFolder } from './spillway.ts'

/** Scenarios that ship, by their names, in an empty folder. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const quick = ['--replications', '2']

test('the list has one line for each, and --json all of it', async () => {
  const listed = await run('scenarios')
  expect(listed.code, listed.stderr).toBe(0)
  const [head, ...rows] = listed.stdout.trimEnd().split('\n')
  expect(head).toMatch(/^name +duration +needs +what it is about$/)
  expect(rows.map((row) => row.split(' ')[0])).toEqual(shippedNames())
  const json = await run('scenarios', '--json')
  const { scenarios } = JSON.parse(json.stdout)
  const summaryOf = (name: string) =>
    scenarios.find((scenario: { name: string }) => scenario.name === name)
  expect(summaryOf('azure-code')).toMatchObject({ duration_s: 30, needs: ['profile', 'trace'] })
  expect(summaryOf('overload')).toMatchObject({
    needs: [],
    description: expect.stringMatching(/FIFO/),
  })
})

test('every command that takes a scenario file takes a name', async () => {
  const simulated = await run('simulate', 'retry-budget', ...quick)
  expect(simulated.code, simulated.stderr).toBe(0)
  expect(simulated.stdout).toContain('retry-budget, simulated')
  const requests = await run('requests', 'first', '--json')
  expect(JSON.parse(requests.stdout)).toMatchObject({ count: expect.any(Number) })
  const built = await run('models', 'build', 'first', '--json')
  expect(JSON.parse(built.stdout).models).toHaveLength(1)
  for (const command of ['replay', 'run', 'calibrate']) {
    const ended = await run(command, 'overload')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/^error: overload.*declared/)
  }
  const help = await run('simulate', '--help')
  expect(help.stdout.replace(/\s+/g, ' ')).toContain(
    'a scenario file (YAML), or the name of a shipped one if no file here has that name',
  )
})

test('a file of that name in the working folder wins, a folder does not', async () => {
  const shown = await run('scenarios', 'show', 'overload')
  put(folder, 'fan-out', changed(shown.stdout, ['name: overload', 'name: mine']))
  const fromFile = await run('simulate', 'fan-out', ...quick)
  expect(fromFile.stdout).toContain('mine, simulated')
  mkdirSync(join(folder, 'overload'))
  const shipped = await run('simulate', 'overload', ...quick)
  expect(shipped.stdout).toContain('overload, simulated')
})

test('a shown scenario works from where it is saved', async () => {
  const shown = await run('scenarios', 'show', 'overload-deadline')
  mkdirSync(join(folder, 'deep/down'), { recursive: true })
  put(folder, 'deep/down/mine.yaml', shown.stdout)
  const [saved, named] = [
    await run('simulate', 'deep/down/mine.yaml', ...quick, '--json'),
    await run('simulate', 'overload-deadline', ...quick, '--json'),
  ]
  expect(saved.code, saved.stderr).toBe(named.code)
  expect(saved.stdout).toBe(named.stdout)
})

test('relative paths of a shipped scenario start at the working folder', async () => {
  const rows = Array.from({ length: 50 }, (_, s) => `2023-11-16 18:15:${10 + s}.7,50,5`)
  const trace = ['TIMESTAMP,ContextTokens,GeneratedTokens', ...rows, '']
  put(folder, 'AzureLLMInferenceTrace_code.csv', trace.join('\n'))
  const ended = await run('simulate', 'azure-padding-code', ...quick)
  expect(ended.stderr).not.toContain('error')
  expect(ended.stdout).toContain('azure-padding-code, simulated')
})

test('an unknown name that is no file lists near names', async () => {
  const ended = await run('simulate', 'paymentpeek')
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toMatch(/did you mean payment-peak\? `spillway scenarios` lists/)
  const shown = await run('scenarios', 'show', 'retry')
  expectRefusal(shown, 3, folder)
  expect(shown.stderr).toContain('did you mean retry-budget, retry-storm?')
})
