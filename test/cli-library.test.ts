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
  const { dependencies, peerDependencies } = manifest
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), '@types/node']) {
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

const SMALL = `spillway: 1
name: small
duration_s: 20
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 300 } }]
slo: { web: ['p(95) latency_ms < 50'] }
pools: [{ name: central, model: m, replicas: 2, price_usd_per_hour: 1 }]
variants: { two: {}, three: { pools.central.replicas: 3 } }
`

/** Runs a program that prints a value as JSON, and nothing else. */
async function printedBy(program: string): Promise<unknown> {
  writeFileSync(join(folder, 'small.yaml'), SMALL)
  writeFileSync(join(folder, 'program.mjs'), program)
  const { stdout, stderr } = await run(process.execPath, 'program.mjs')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('plan, variants and headroom are jobs that return documents', async () => {
  const printed = await printedBy(
    `import { headroom, loadScenario, loadVariants, plan, simulate, variants } from 'spillway'
     const phases = new Set()
     const job = { replications: 6, onProgress: (phase) => phases.add(phase) }
     const set = ['pools.central.replicas=1..3']
     const planned = await plan('small.yaml', { ...job, set, headroom: false, sensitivity: false })
     const compared = await variants(await loadVariants('small.yaml'), job)
     const system = await loadScenario('small.yaml')
     const { objectives } = await simulate(system, { replications: 6 })
     const { holds } = await headroom(system, objectives, job)
     const { winner, rows } = planned
     console.log(JSON.stringify({
       documents: [planned.document, compared.document.document],
       winner: rows[winner].set,
       variants: compared.document.variants.map(({ name }) => name),
       holds: holds > 1,
       phases: phases.size > 2,
     }))`,
  )
  expect(printed).toEqual({
    documents: ['spillway-plan', 'spillway-variants'],
    winner: ['pools.central.replicas=2'],
    variants: ['two', 'three'],
    holds: true,
    phases: true,
  })
})

test('shards of a sweep are merged, and the table of the whole is asked', async () => {
  const printed = await printedBy(
    `import { mkdir, writeFile } from 'node:fs/promises'
     import { merge, query, sweep } from 'spillway'
     const request = { path: 'small.yaml', set: ['pools.central.replicas=1..4'], replications: 2 }
     for (const index of [1, 2]) {
       const shard = { index, of: 2 }
       await (await sweep({ ...request, shard }, { directory: \`shard-\${index}\` })).close()
     }
     const { document, results, close } = await merge(['shard-1', 'shard-2'])
     await mkdir('whole')
     await writeFile('whole/results.parquet', results)
     await close()
     const sql = 'select configuration::int as n from results order by n'
     console.log(JSON.stringify([document.configurations, await query('whole', sql)]))`,
  )
  expect(printed).toEqual([4, { columns: ['n'], rows: [[1], [2], [3], [4]] }])
})

test('jobs end with their signal', async () => {
  const printed = await printedBy(
    `import { headroom, loadScenario, loadVariants, plan, run, simulate, variants } from 'spillway'
     const system = await loadScenario('small.yaml')
     const { objectives } = await simulate(system, { replications: 2 })
     const loaded = await loadVariants('small.yaml')
     const job = { signal: AbortSignal.abort() }
     const ended = [
       plan('small.yaml', { ...job, set: ['pools.central.replicas=1..3'] }),
       variants(loaded, job),
       headroom(system, objectives, job),
       run('small.yaml', job),
     ]
     const codes = ended.map((end) => end.then(() => 0, ({ exitCode }) => exitCode))
     console.log(JSON.stringify(await Promise.all(codes)))`,
  )
  expect(printed).toEqual([130, 130, 130, 130])
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
