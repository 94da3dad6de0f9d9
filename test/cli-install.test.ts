import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, type TestContext, test } from 'vitest'
import { acceleratorNames, shippedNames } from '../scenarios/index.ts'
import { ROOT, temporaryFolder } from './spillway.ts'

/** The package as users install it: packed, and installed by npm in an empty folder. */

const folder = temporaryFolder()
const execute = promisify(execFile)

interface Failed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in a folder, with npm's settings of this repository left out. */
async function run(cwd: string, command: string, args: readonly string[], variables: object = {}) {
  const foreign = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const cache = { SPILLWAY_CACHE: join(folder, 'cache'), NO_COLOR: '1' }
  const env = { ...Object.fromEntries(foreign), ...cache, ...variables }
  // the JSON Schema of scenarios is more than the default of 1 MiB
  return execute(command, args, { cwd, env, maxBuffer: 2 ** 26 })
}

/** Errors of npm where there is no registry; all others are faults of the package. */
const NO_REGISTRY = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED)\b/

let tarball = ''
beforeAll(async () => {
  const packed = await run(folder, 'npm', ['pack', '--silent', '--ignore-scripts', ROOT])
  tarball = join(folder, packed.stdout.trim())
})

const project = join(folder, 'project')

/** Installs the package without its scripts. Skips the test where there is no registry. */
async function install(context: TestContext): Promise<void> {
  mkdirSync(project)
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  try {
    await run(project, 'npm', ['install', ...options, tarball])
  } catch (error) {
    const { stderr } = error as Failed
    if (!NO_REGISTRY.test(stderr)) throw error
    context.skip(`npm cannot reach a registry: ${stderr.slice(0, 200)}`)
  }
}

const spillway = (...args: string[]) =>
  run(project, join(project, 'node_modules/.bin/spillway'), args)

/** ONNX Runtime opens a model and runs it. */
async function expectReplays(): Promise<void> {
  const short = ['--replays', '1', '--set', 'duration_s=1', '--set', 'warmup_s=0']
  const replayed = await spillway('replay', 'first', ...short, '--set', 'slo={}', '--json')
  expect(JSON.parse(replayed.stdout)).toMatchObject({ world: 'measured', runs: 1 })
}

/** The path of the JSON Schema that the first line of a scenario names. */
function schemaOf(file: string): string {
  const [, path] = /^# yaml-language-server: \$schema=(.*)\n/.exec(readFileSync(file, 'utf8')) ?? []
  return resolve(dirname(file), path ?? 'nothing')
}

// what the README states for places where ONNX Runtime's script cannot download

test('installed with --ignore-scripts, init, simulate, scenarios and accelerators work, and so does ONNX Runtime', async (context) => {
  await install(context)
  expect((await spillway('init', 'peak.yaml')).stdout).toContain('Next: spillway')
  const simulated = await spillway('simulate', 'peak.yaml', '--json')
  expect(JSON.parse(simulated.stdout)).toMatchObject({ world: 'simulated' })
  const listed = await spillway('scenarios', '--json')
  expect(JSON.parse(listed.stdout).scenarios).toHaveLength(shippedNames().length)
  const cards = await spillway('accelerators', '--json')
  expect(JSON.parse(cards.stdout).accelerators).toHaveLength(acceleratorNames().length)
  const named = await spillway('simulate', 'retry-budget')
  expect(named.stdout).toContain('retry-budget, simulated')
  await expectReplays()

  // schemas for editors: of a starter, of a shown scenario and of those in the package
  writeFileSync(join(project, 'mine.yaml'), (await spillway('scenarios', 'show', 'chat')).stdout)
  const library = join(project, 'node_modules/spillway/scenarios/library')
  const files = shippedNames().map((name) => join(library, `${name}.yaml`))
  for (const file of [join(project, 'peak.yaml'), join(project, 'mine.yaml'), ...files]) {
    expect(existsSync(schemaOf(file)), file).toBe(true)
  }
  const schema = await spillway('schema')
  expect(readFileSync(schemaOf(files[0]!), 'utf8')).toBe(schema.stdout)
})

test('ONNX Runtime works after its script with ONNXRUNTIME_NODE_INSTALL=skip, too', async (context) => {
  if (!existsSync(join(project, 'node_modules'))) context.skip('npm cannot reach a registry')
  const skip = { ONNXRUNTIME_NODE_INSTALL: 'skip' }
  await run(project, 'npm', ['rebuild', '--ignore-scripts=false'], skip)
  await expectReplays()
})
