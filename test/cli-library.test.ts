import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { shownCommands } from '../tools/docs/code-blocks.ts'
import { blocksOfPage } from './documents.ts'
import { ROOT, temporaryFolder } from './spillway.ts'

/** The package as npm packs it, unpacked in an empty folder beside the packages that it needs. */

const folder = temporaryFolder()
const execute = promisify(execFile)
const run = (command: string, ...args: readonly string[]) =>
  execute(command, args, {
    cwd: folder,
    env: { ...process.env, SPILLWAY_CACHE: join(folder, 'cache') },
  })

const blocks = blocksOfPage('docs/guides/library.md')
const example = blocks.find(({ language }) => language === 'js')
const shown = blocks.find(({ language }) => language === 'console')

beforeAll(async () => {
  const { stdout } = await run('npm', 'pack', '--silent', '--ignore-scripts', ROOT)
  mkdirSync(join(folder, 'node_modules/spillway'), { recursive: true })
  await run('tar', 'xzf', stdout.trim(), '-C', 'node_modules/spillway', '--strip-components', '1')
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link)
  }
  writeFileSync(join(folder, 'example.mjs'), example!.text)
  writeFileSync(join(folder, 'example.mts'), example!.text)
})

test('the example of the guide prints what the guide states', async () => {
  const { stdout } = await run(process.execPath, 'example.mjs')
  const [command] = shownCommands(shown!)
  expect(stdout.trim().split('\n')).toEqual(command!.output)
})

test('the example has types, which compile without skipLibCheck', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext']
  await run(process.execPath, tsc, ...options, '--types', 'node', 'example.mts')
  const wrong = example!.text.replace('replications: 10', "replications: '10'")
  writeFileSync(join(folder, 'wrong.mts'), wrong)
  const refused = run(process.execPath, tsc, ...options, '--types', 'node', 'wrong.mts')
  await expect(refused).rejects.toMatchObject({
    stdout: expect.stringContaining("Type 'string' is not assignable to type 'number'"),
  })
})

test('processes are kept for the next simulation until the program closes them', async () => {
  writeFileSync(
    join(folder, 'again.mjs'),
    `import { spawnSync } from 'node:child_process'
     import { closeSimulations, loadScenario, simulate } from 'spillway'
     const children = () => {
       const { stdout } = spawnSync('ps', ['--ppid', process.pid, '-o', 'comm=,stat='])
       return String(stdout).split('\\n').filter((line) => /^node .*[^Z]$/.test(line)).length
     }
     const system = await loadScenario('node_modules/spillway/scenarios/library/payment-peak.yaml')
     const digits = []
     const kept = []
     for (const workers of [1, 2, 2]) {
       const result = await simulate(system, { replications: 2, workers })
       digits.push(JSON.stringify(result.classes))
       kept.push(children())
     }
     closeSimulations()
     while (children() > 0) await new Promise((resolve) => setTimeout(resolve, 20))
     console.log(new Set(digits).size, kept)`,
  )
  const workers = Math.min(2, availableParallelism())
  const { stdout } = await run(process.execPath, 'again.mjs')
  expect(stdout).toBe(`1 [ 1, ${workers}, ${workers} ]\n`)
})

test('an error that the caller can correct states every problem', async () => {
  writeFileSync(
    join(folder, 'wrong.mjs'),
    `import { Failure, loadScenario } from 'spillway'
     await loadScenario('absent.yaml').catch((error) =>
       console.log(error instanceof Failure, error.exitCode, error.problems.length))`,
  )
  expect((await run(process.execPath, 'wrong.mjs')).stdout).toBe('true 3 1\n')
})
