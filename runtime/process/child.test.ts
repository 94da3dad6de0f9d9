import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { Child, ChildEnded, inheritedFlags } from './child.ts'

/** A process that runs this code when it is asked. */
function childOf(code: string): Child {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-child-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const entry = join(folder, 'entry.mjs')
  writeFileSync(entry, `process.on('message', (request) => {\n${code}\n})`)
  const child = new Child(pathToFileURL(entry), { name: 'a library' })
  onTestFinished(() => child.end())
  return child
}

/** Code that prints on both streams, then runs `next`. */
const printing = (next: string) => `
  process.stdout.write('printed on stdout\\n', () =>
    process.stderr.write('printed on stderr\\n', () => {
      ${next}
    }))`

test('what a process prints is shown if it ends early, from both of its streams', async () => {
  const error = await childOf(printing('process.exit(3)'))
    .ask('anything')
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ChildEnded)
  const { message, how } = error as ChildEnded
  expect(how).toBe('code 3')
  expect(message).toMatch(/^the process of a library ended early \(code 3\); its last lines: /)
  expect(message).toContain('printed on stdout')
  expect(message).toContain('printed on stderr')
})

test('of many lines the last ones are shown', async () => {
  const many = `Array.from({ length: 5000 }, (_, i) => 'line ' + i + '\\n').join('')`
  const error = await childOf(`process.stderr.write(${many}, () => process.exit(1))`)
    .ask('anything')
    .catch((reason: unknown) => reason)
  const { message } = error as ChildEnded
  expect(message).toMatch(/line 4999$/)
  expect(message).not.toContain('line 1\n')
  expect(message.length).toBeLessThan(1000)
})

test('a process that prints answers all the same', async () => {
  const answer = `process.send({ kind: 'reply', reply: request + 1 })`
  expect(await childOf(printing(answer)).ask(41)).toBe(42)
})

test.each([
  [['-e', 'start()'], []],
  [
    ['--input-type=module', '--eval', 'start()', '--max-old-space-size=100'],
    ['--max-old-space-size=100'],
  ],
  [
    ['--import', 'tsx', '--input-type', 'module', '--eval=start()'],
    ['--import', 'tsx'],
  ],
])('a child of node %j does not run that program again', (flags, inherited) => {
  expect(inheritedFlags(flags)).toEqual(inherited)
})
