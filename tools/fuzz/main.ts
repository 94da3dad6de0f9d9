import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { positiveNumber, wholeNumber } from '../../runtime/commands/command.ts'
import { expectBuilt, ROOT } from '../../test/command-line.ts'
import { beginStudy } from '../claims/record.ts'
import { fuzzAudited, saveScenario } from './audited.ts'
import { fuzzBaselines } from './baselines.ts'
import { deaths, deathsText } from './deaths.ts'
import { readSeed } from './input.ts'
import { codesText, fuzzInputs, nameOf, saveSeed, Workshop } from './inputs.ts'
import { KILL_LIMIT_MS, KILLED, kills, killsText } from './kills.ts'
import { KINDS } from './kinds/index.ts'
import { faultOf } from './outcome.ts'
import { fuzzProperties } from './properties.ts'
import { addQueueCommands } from './queue/command.ts'
import { recordWhole } from './record-whole.ts'
import { fuzzRefs } from './refs.ts'
import { fuzzSql } from './sql.ts'
import { killSweeps } from './sweeps.ts'

/** Time limit of an input, ms. */
const LIMIT_MS = 10_000
/** Findings of one fault that are saved. */
const MOST_ALIKE = 3

const count = wholeNumber(0)
const now = () => Math.floor(Date.now() / 1000)

/** Text in which control characters are visible, cut to a limited length. */
const shown = (text: string) => JSON.stringify(text.slice(0, 1000))

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function fail(failed: boolean): void {
  if (failed) process.exitCode = 1
}

/** Calls `use` with a workshop and a clock in seconds. */
async function inWorkshop(
  limitMs: number,
  use: (shop: Workshop, seconds: () => string) => Promise<void>,
): Promise<void> {
  expectBuilt()
  const shop = new Workshop(limitMs)
  const started = performance.now()
  try {
    await use(shop, () => `${((performance.now() - started) / 1000).toFixed(0)} s`)
  } finally {
    shop.close()
  }
}

const program = new Command('npm run fuzz --').description(
  'Property tests on other seeds, mutated inputs, and kills at random moments',
)

program
  .command('properties', { isDefault: true })
  .description('run the property tests on seed after seed until one fails')
  .argument('[minutes]', 'duration', positiveNumber, 10)
  .argument('[seed]', 'first seed', count, now())
  .action((minutes: number, seed: number) => fail(!fuzzProperties(minutes, seed)))

program
  .command('inputs')
  .description('run mutated inputs through the built commands; those that fail become seed files')
  .argument('[count]', 'number of inputs', count, 5000)
  .option('--seed <n>', 'seed of the mutations', count, now())
  .option('--first <n>', 'number of the first input', count, 0)
  .option('--kind <name>', `only ${KINDS.map(({ name }) => name).join(', ')}`)
  .option('--save <dir>', 'folder for seed files', join(ROOT, 'test/fuzz/seeds'))
  .action((inputs: number, options: { seed: number; first: number; kind?: string; save: string }) =>
    inWorkshop(LIMIT_MS, async (shop, seconds) => {
      const begun = beginStudy('fuzz-inputs')
      const { save, ...chosen } = options
      const counts = new Map<string, number>()
      const { findings, codes, sampled, differing, long } = await fuzzInputs(shop, {
        ...chosen,
        count: inputs,
        sample: 100,
        onFinding: (finding) => {
          const { fault, input } = finding
          const alike = (counts.get(fault) ?? 0) + 1
          counts.set(fault, alike)
          if (alike > MOST_ALIKE) return
          console.log(`${nameOf(finding)}: ${fault}`)
          console.log(`  ${JSON.stringify(input.args).slice(0, 300)}\n  ${saveSeed(save, finding)}`)
        },
        onProgress: (done) => {
          if (done % 1000 === 0) console.log(`${done} of ${inputs}`)
        },
      })
      console.log(codesText(codes))
      const failed = `${findings.length} failed`
      console.log(`seed ${options.seed}: ${inputs} inputs in ${seconds()}, ${failed}`)
      console.log(`${long} simulations of heavy traffic and large models, ended by SIGINT`)
      console.log(`${sampled} run again as processes, ${differing.length} with another exit code`)
      for (const [fault, often] of counts) console.log(`  ${often} x ${fault}`)
      for (const line of differing) console.log(`  ${line}`)
      fail(findings.length + differing.length > 0)
      if (options.kind !== undefined) return
      const failures = findings.length + differing.length
      await recordWhole(begun, inputs, { inputs, seed: options.seed, findings: failures })
    }),
  )

program
  .command('kills')
  .description('kill commands at random moments, and check what they leave')
  .argument('[count]', 'number of kills', count, 500)
  .option('--seed <n>', 'seed of the moments', count, now())
  .addOption(new Option('--command <name>', 'kill only this command').choices(KILLED))
  .action((number: number, { seed, command: only }: { seed: number; command?: string }) =>
    inWorkshop(KILL_LIMIT_MS, async (shop, seconds) => {
      const begun = beginStudy('fuzz-kills')
      const commands = only === undefined ? KILLED : [only]
      const result = await kills(shop, number, seed, commands, (outcome) => {
        const { command, signal, atMs, toGroup, ended, faults } = outcome
        if (faults.length === 0) return
        const to = toGroup ? 'its group' : 'it'
        const sent = `${signal} to ${to} after ${atMs.toFixed(0)} ms`
        console.log([`${command}, ${sent}, ended with ${ended}`, ...faults].join('\n  '))
      })
      console.log(killsText(result))
      const failed = result.outcomes.filter(({ faults }) => faults.length > 0).length
      console.log(`seed ${seed}: ${number} kills in ${seconds()}, ${failed} failed`)
      fail(failed > 0)
      if (only === undefined) {
        await recordWhole(begun, number, { kills: number, seed, findings: failed })
      }
    }),
  )

program
  .command('sweeps')
  .description('kill sweeps with SIGKILL at random moments and resume them; no row may be lost')
  .argument('[count]', 'number of kills', count, 20)
  .option('--seed <n>', 'seed of the moments', count, now())
  .action((number: number, { seed }: { seed: number }) =>
    inWorkshop(KILL_LIMIT_MS, async (shop, seconds) => {
      const begun = beginStudy('fuzz-sweeps')
      const { completed, rows, faults } = await shop.within({ args: [] }, (folder) =>
        killSweeps(folder, number, seed),
      )
      for (const fault of faults) console.log(fault)
      console.log(`rows on the disk at each kill: ${rows.join(', ')}`)
      const text = `${rows.length} kills, ${completed} sweeps completed in ${seconds()}`
      console.log(`seed ${seed}: ${text}, ${faults.length} faults`)
      fail(faults.length > 0)
      const figures = { kills: rows.length, seed, completed, findings: faults.length }
      await recordWhole(begun, rows.length, figures)
    }),
  )

program
  .command('audited')
  .description('simulate mutated scenarios and audit those that run; shares of time, and counts')
  .argument('[count]', 'number of scenarios', count, 1000)
  .option('--seed <n>', 'seed of the mutations', count, now())
  .option('--first <n>', 'number of the first scenario', count, 0)
  .option('--save <dir>', 'folder for scenarios with a finding', join(ROOT, 'test/fuzz/scenarios'))
  .action((number: number, options: { seed: number; first: number; save: string }) =>
    inWorkshop(LIMIT_MS, async (shop, seconds) => {
      const begun = beginStudy('fuzz-audited')
      const { seed, first, save } = options
      const { findings, ends } = await fuzzAudited(shop, {
        seed,
        first,
        count: number,
        onFinding: (finding) => {
          const path = saveScenario(save, finding, seed)
          console.log([`number ${finding.number}: ${path}`, ...finding.faults].join('\n  '))
        },
        onProgress: (done) => {
          if (done % 500 === 0) console.log(`${done} of ${number}`)
        },
      })
      const { refused, long, ran } = ends
      console.log(`${refused} refused, ${long} ended at the limit, ${ran} simulated and audited`)
      console.log(`seed ${seed}: ${number} scenarios in ${seconds()}, ${findings.length} failed`)
      fail(findings.length > 0)
      const figures = { tried: number, seed, audited: ran, findings: findings.length }
      await recordWhole(begun, first === 0 ? number : 0, figures)
    }),
  )

program
  .command('baselines')
  .description(
    'gate against mutated and forged baselines; none may pass but the one that was written',
  )
  .argument('[count]', 'number of baselines', count, 200)
  .option('--seed <n>', 'seed of the mutations', count, now())
  .option('--save <dir>', 'folder for seed files', join(ROOT, 'test/fuzz/seeds'))
  .action((number: number, { seed, save }: { seed: number; save: string }) =>
    inWorkshop(LIMIT_MS, async (shop, seconds) => {
      const begun = beginStudy('fuzz-baselines')
      const outcomes = await fuzzBaselines(shop, number, seed, ({ fault, ...outcome }) => {
        if (fault === null) return
        const path = saveSeed(save, { kind: 'baseline', seed, fault, ...outcome })
        console.log(`baseline, seed ${seed}, number ${outcome.number}: ${fault}\n  ${path}`)
      })
      const codes = new Map([['baseline', countsOf(outcomes.map(({ code }) => String(code)))]])
      console.log(codesText(codes))
      const failed = outcomes.filter(({ fault }) => fault !== null).length
      console.log(`seed ${seed}: ${number} baselines in ${seconds()}, ${failed} failed`)
      fail(failed > 0)
      await recordWhole(begun, number, { tried: number, seed, findings: failed })
    }),
  )

program
  .command('refs')
  .description(
    'gate against hostile names of versions; none may be executed or taken for an option',
  )
  .argument('[count]', 'number of names', count, 50)
  .option('--seed <n>', 'seed of the names', count, now())
  .action(async (number: number, { seed }: { seed: number }) => {
    expectBuilt()
    const begun = beginStudy('fuzz-refs')
    const outcomes = await fuzzRefs(number, seed, ({ ref, faults }) => {
      if (faults.length > 0) console.log([shown(ref), ...faults].join('\n  '))
    })
    const kinds = [...new Set(outcomes.map(({ kind }) => kind))].sort()
    const codes = kinds.map((kind) => {
      const ofKind = outcomes.filter((outcome) => outcome.kind === kind)
      return [kind, countsOf(ofKind.map(({ code }) => String(code)))] as const
    })
    console.log(codesText(new Map(codes)))
    const failed = outcomes.filter(({ faults }) => faults.length > 0).length
    console.log(`seed ${seed}: ${number} refs, ${failed} failed`)
    fail(failed > 0)
    await recordWhole(begun, number, { tried: number, seed, findings: failed })
  })

program
  .command('sql')
  .description('run hostile SQL through query; it may reach no other file and no server')
  .argument('[count]', 'number of statements', count, 200)
  .option('--seed <n>', 'seed of the statements', count, now())
  .action(async (number: number, { seed }: { seed: number }) => {
    expectBuilt()
    const begun = beginStudy('fuzz-sql')
    const folder = mkdtempSync(join(tmpdir(), 'spillway-sql-'))
    try {
      const { findings, codes } = await fuzzSql(folder, { seed, count: number, limitMs: LIMIT_MS })
      for (const { number: i, sql, faults } of findings) {
        console.log(`number ${i}: ${faults.join(', ')}\n  ${shown(sql)}`)
      }
      const ends = [...codes].map(([code, often]) => `${often} with ${code}`).join(', ')
      console.log(`seed ${seed}: ${number} statements, ${ends}; ${findings.length} failed`)
      fail(findings.length > 0)
      await recordWhole(begun, number, { tried: number, seed, findings: findings.length })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

program
  .command('deaths')
  .description('kill the executor of a webgpu replay every few seconds; no request may be lost')
  .argument('[requests]', 'number of requests', count, 100_000)
  .option('--seed <n>', 'seed of the moments', count, now())
  .action(async (requests: number, { seed }: { seed: number }) => {
    const result = await deaths(requests, seed)
    console.log(deathsText(result))
    fail(result.faults.length > 0)
  })

program
  .command('again')
  .description('run seed files again and print the outcome')
  .argument('<file...>', 'seed files')
  .action((files: readonly string[]) =>
    inWorkshop(LIMIT_MS, async (shop) => {
      for (const file of files) {
        const input = readSeed(file)
        const outcome = await shop.process(input)
        const { code, signal, stdout, stderr, peakMib } = outcome
        const fault = faultOf(input.args, outcome)
        const memory = `${peakMib.toFixed(0)} MiB`
        console.log(`${file}: exit ${code ?? signal}, ${memory}, ${fault ?? 'as expected'}`)
        for (const text of [input.args.join(' '), stdout, stderr]) console.log(`  ${shown(text)}`)
        fail(fault !== null)
      }
    }),
  )

addQueueCommands(program)

await program.parseAsync()
