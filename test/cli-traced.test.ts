import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { DECLARED } from './scenarios.ts'
import { commandsIn, put, ROOT, temporaryFolder } from './spillway.ts'
import { noStrace, readTrace, type Traced, traceTo } from './traced.ts'

/**
 * Commands open no socket and no file but the given ones, the cache and the package. What the
 * system loads for any program is left out.
 */

const folder = temporaryFolder()
const plain = commandsIn(folder)
/** No command may look for its settings there. */
const NO_HOME = join(folder, 'no-home')

const VARIANTS = `${DECLARED}variants:
  as-is: {}
  more: { pools.first.replicas: 3 }
`
const SHORT = ['--replications', '2', '--set', 'duration_s=12']
const GRID = ['--set', 'pools.first.replicas=1,2', '--set', 'pools.first.price_usd_per_hour=2']
const PRICED = [...GRID, '--set', 'pools.second.price_usd_per_hour=3']

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  simulate: ['simulate', 'declared.yaml', ...SHORT, '--keep-rows', '--out', 'simulated'],
  audit: ['audit', 'kept'],
  sweep: ['sweep', 'declared.yaml', ...SHORT, ...PRICED, '--out', 'swept'],
  plan: ['plan', 'declared.yaml', '--set', 'duration_s=12', ...PRICED, '--out', 'planned'],
  variants: ['variants', 'variants.yaml', ...SHORT, '--out', 'compared'],
  report: ['report', 'kept', '--charts', 'png'],
  query: ['query', 'table', 'select count(*) from results'],
}

const RAN = [0, 4, 5]

beforeAll(async () => {
  put(folder, 'declared.yaml', DECLARED)
  put(folder, 'variants.yaml', VARIANTS)
  const kept = ['simulate', 'declared.yaml', ...SHORT, '--keep-rows', '--out', 'kept']
  const table = ['sweep', 'declared.yaml', ...SHORT, ...PRICED, '--out', 'table']
  for (const args of [kept, table]) expect(RAN).toContain((await plain.run(...args)).code)
})

/** What the system has for any program: libraries, its own state, time zones, fonts and noise. */
const SYSTEM = [
  /^\/(usr\/(local\/)?)?lib(32|64)?\//,
  /^\/etc\/(ld\.so\.|localtime$|nsswitch\.conf$|ssl\/)/,
  /^\/usr\/share\/(zoneinfo|locale|fonts)\//,
  /^\/(proc|sys)\//,
  /^\/dev\/(null|urandom|random|shm\/)/,
]

const below = (path: string, base: string) => !relative(base, path).startsWith('..')

/** Files outside of what a command may open. */
function foreignFiles({ files }: Traced): string[] {
  // Node keeps compiled code there, as every program may that runs on it
  const compiled = join(tmpdir(), 'node-compile-cache')
  const allowed = [folder, ROOT, dirname(process.execPath), compiled]
  return files.filter(
    (path) =>
      !allowed.some((base) => below(path, base)) && !SYSTEM.some((pattern) => pattern.test(path)),
  )
}

describe.skipIf(noStrace)('by its system calls', () => {
  test.each(Object.entries(COMMANDS))(
    '%s opens no socket and no foreign file',
    async (name, args) => {
      const file = join(folder, `${name}.trace`)
      const variables = { HOME: NO_HOME, XDG_CACHE_HOME: join(folder, 'cache') }
      const traced = commandsIn(folder, { under: traceTo(file), variables })
      const { code, stderr } = await traced.runProcess(...args)
      expect(RAN, stderr).toContain(code)
      const calls = readTrace(file)
      expect(calls.network).toEqual([])
      expect(foreignFiles(calls)).toEqual([])
      expect(calls.programs.filter((path) => !/\/(node|git|taskset)$/.test(path))).toEqual([])
      // the trace is whole: it has the input, what children and threads load, and what is written
      expect(calls.files.some((path) => below(path, join(ROOT, 'dist')))).toBe(true)
      expect(calls.files.some((path) => below(path, folder))).toBe(true)
    },
  )

  test('a socket and a foreign file would be seen, in a thread and in a child', async () => {
    const file = join(folder, 'wrong.trace')
    const code = `
      const { Worker } = require('node:worker_threads')
      const { spawnSync } = require('node:child_process')
      const socket = "require('node:net').connect(9, '127.0.0.1').on('error', () => {})"
      new Worker("require('node:fs').readFileSync('/etc/passwd');" + socket, { eval: true })
      spawnSync(process.execPath, ['-e', "require('node:fs').readFileSync('/etc/group')"])
    `
    const [program, ...options] = traceTo(file)
    expect(spawnSync(program!, [...options, process.execPath, '-e', code]).status).toBe(0)
    const calls = readTrace(file)
    expect(foreignFiles(calls)).toEqual(expect.arrayContaining(['/etc/passwd', '/etc/group']))
    expect(calls.network.some((call) => call.startsWith('socket(AF_INET'))).toBe(true)
    expect(calls.network.some((call) => call.startsWith('connect('))).toBe(true)
  })
})
