import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Failure } from '../failure.ts'
import { readServegen } from './servegen.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-servegen-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const arrivals = (file: string, from_s = 0) => ({
  process: 'servegen' as const,
  file,
  from_s,
})

const ROWS = '0,0.5,4.1,Gamma,0.06,33.3\n600,0,0,,0,0\n1200,2,8.6,Weibull,0.375,0.4\n'

function client(directory: string, name: string, text: string | Buffer): void {
  mkdirSync(join(folder, directory), { recursive: true })
  writeFileSync(join(folder, directory, name), text)
}

test('a folder has one client per file, in the order of their numbers', async () => {
  client('m', 'chunk-10-trace.csv', '0,7,1,Gamma,1,1\n600,8,1,Gamma,1,1\n')
  client('m', 'chunk-2-trace.csv.gz', gzipSync(ROWS))
  client('m', 'chunk-2-dataset.json', '{}')
  const clients = await readServegen(arrivals('m'), folder, 900)
  expect(clients.map((rows) => rows.length)).toEqual([3, 2])
  expect(clients[0]).toEqual([
    { at_s: 0, rate_rps: 0.5, family: 'Gamma', shape: 0.06 },
    { at_s: 600, rate_rps: 0, family: null, shape: 0 },
    { at_s: 1200, rate_rps: 2, family: 'Weibull', shape: 0.375 },
  ])
})

test('a file is one client', async () => {
  client('one', 'mine.csv', ROWS.replaceAll('\n', '\r\n'))
  expect(await readServegen(arrivals('one/mine.csv'), folder, 900)).toHaveLength(1)
})

test.each([
  ['0,1,1,Gamma,1\n', ':1: expected time, rate, CV, family, shape and scale, got 5 fields'],
  [`${ROWS}1100,1,1,Gamma,1,1\n`, ':4: expected a time after 1200, got 1100'],
  ['x,1,1,Gamma,1,1\n', ':1: expected a time in s, 0 or more, got "x"'],
  ['0,-1,1,Gamma,1,1\n', ':1: expected a rate of 0 or more, got "-1"'],
  ['0,1,1,gamma,1,1\n', ':1: expected the family Gamma or Weibull, got "gamma"'],
  ['0,1,1,,0,0\n', ':1: expected the family Gamma or Weibull, got ""'],
  ['0,1,1,Gamma,0,1\n', ':1: expected a shape from 0.01 to 1000000, got "0"'],
  ['0,1,,Gamma,1,1\n', ':1: expected a CV of 0 or more, got ""'],
  ['0,1,1,Gamma,1,0\n', ':1: expected a scale above 0, got "0"'],
  ['', ': expected rows, got none'],
  ['0,0,0,,0,0\n', ': expected a client that sends from 0 to 900 s, got none'],
  ['0,1,1,Gamma,1,1\n400,1,1,Gamma,1,1\n', ': expected rows until 900 s, got the last until 800 s'],
])('%j is refused', async (text, problem) => {
  client('bad', 'c.csv', text)
  const failure = (await readServegen(arrivals('bad/c.csv'), folder, 900).catch(
    (error) => error,
  )) as Failure
  expect(failure.problems).toEqual([`${join(folder, 'bad/c.csv')}${problem}`])
})

test('the error for a folder that is missing or has no clients names the expected files', async () => {
  mkdirSync(join(folder, 'none'))
  const none = (await readServegen(arrivals('none'), folder, 9).catch((e) => e)) as Failure
  expect(none.message).toMatch(/expected files chunk-N-trace\.csv, 1 to 100000, got 0$/)
  const missing = (await readServegen(arrivals('gone'), folder, 9).catch((e) => e)) as Failure
  expect(missing.message).toMatch(
    /no such file or folder; the clients can be downloaded from https/,
  )
})
