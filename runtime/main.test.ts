import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../scenarios/index.ts'
import { asCall, type Io, type Output } from './call.ts'
import { main } from './main.ts'
import { endingHandler } from './process/interruption.ts'

/** A stream that keeps its text. */
function kept() {
  const chunks: Buffer[] = []
  const stream: Output = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

/** Runs a command line with streams of its own. */
async function ran(...words: string[]) {
  const [stdout, stderr] = [kept(), kept()]
  const code = await main(words, { stdout: stdout.stream, stderr: stderr.stream, colours: false })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** What a command could leave behind in this process. */
const surroundings = () => ({
  exitCode: process.exitCode,
  ending: endingHandler(),
  listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
  streams: [process.stdout, process.stderr].map((stream) => stream.listenerCount('error')),
})

describe('a command in this process', () => {
  test('prints on the streams that it is given, and resolves with its exit code', async () => {
    const help = await ran('--help')
    expect(help).toMatchObject({ code: EXIT.ok, stderr: '' })
    expect(help.stdout).toContain('Usage: spillway')
    const refused = await ran('simulate', 'nowhere.yaml')
    expect(refused).toMatchObject({ code: EXIT.invalidInput, stdout: '' })
    expect(refused.stderr).toMatch(/^error: nowhere\.yaml/)
    expect(await ran('simulat')).toMatchObject({ code: EXIT.usage, stdout: '' })
  })

  test('has its own colours and its own --quiet', async () => {
    const { stream } = kept()
    const stderr = kept()
    const words = ['init', '/dev/null/a.yaml']
    await main([...words, '--quiet'], { stdout: stream, stderr: stderr.stream, colours: true })
    expect(stderr.text().startsWith('\u001b[31merror\u001b[39m: ')).toBe(true)
    expect((await ran(...words)).stderr.startsWith('error: ')).toBe(true)
  })

  test('leaves the process as it was, also after an error', async () => {
    // the first one loads modules, which listen for the end of the process
    await ran('simulate', 'nowhere.yaml')
    const before = surroundings()
    for (const words of [['scenarios'], ['simulate', 'nowhere.yaml'], ['nothing'], ['--version']]) {
      await ran(...words)
      expect(surroundings()).toEqual(before)
    }
  })

  test('is the only one', async () => {
    const first = ran('--version')
    await expect(ran('--version')).rejects.toThrow('already running')
    expect((await first).code).toBe(EXIT.ok)
    expect((await ran('--version')).code).toBe(EXIT.ok)
  })
})

describe('stdout', () => {
  const { stream: stderr } = kept()
  const refusing = (code: string): Io => {
    const error = Object.assign(new Error(code), { code, errno: -28 })
    return { stdout: new Writable({ write: (_chunk, _encoding, done) => done(error) }), stderr }
  }

  test('that cannot be written ends the command with an error', async () => {
    expect(await main(['--help'], refusing('ENOSPC'))).toBe(EXIT.invalidInput)
  })

  test('whose reader has left does not', async () => {
    expect(await main(['--help'], refusing('EPIPE'))).toBe(EXIT.ok)
  })
})

test('a call ends with its work, also with an error', async () => {
  const work = asCall([], process, async () => {
    throw new Error('oops')
  })
  await expect(work).rejects.toThrow('oops')
  expect(await asCall(['a'], process, async ({ words }) => words)).toEqual(['a'])
})
