import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { deaths, deathsText } from './deaths.ts'
import { readSeed } from './input.ts'
import { codesText, fuzzInputs, saveSeed, Workshop } from './inputs.ts'
import { kills, killsText } from './kills.ts'
import { KINDS } from './kinds/index.ts'
import { faultOf } from './outcome.ts'
import { fuzzProperties } from './properties.ts'
import { expectBuilt } from './stock.ts'

/** Time limit of an input, ms. */
const LIMIT_MS = 10_000
/** Findings of one fault that are saved. */
const MOST_ALIKE = 3
const SEEDS = fileURLToPath(new URL('../../test/fuzz/seeds', import.meta.url))

function count(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new InvalidArgumentError(`Expected a whole number, got ${text}.`)
}

function minutes(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError(`Expected minutes above 0, got ${text}.`)
}

/** Text in which control characters are visible, cut to a limited length. */
const shown = (text: string) => JSON.stringify(text.slice(0, 1000))

const now = () => Math.floor(Date.now() / 1000)
const program = new Command('npm run fuzz --').description(
  'Property tests on other seeds, mutated inputs, and kills at random moments',
)

program
  .command('properties', { isDefault: true })
  .description('run the property tests on seed after seed until one fails')
  .argument('[minutes]', 'how long', minutes, 10)
  .argument('[seed]', 'the first', count, now())
  .action((long: number, seed: number) => {
    if (!fuzzProperties(long, seed)) process.exitCode = 1
  })

program
  .command('inputs')
  .description('run mutated inputs through the built commands; those that fail become seed files')
  .argument('[count]', 'how many', count, 5000)
  .option('--seed <n>', 'of the mutations', count, now())
  .option('--first <n>', 'number of the first input', count, 0)
  .option('--kind <name>', `only ${KINDS.map(({ name }) => name).join(', ')}`)
  .option('--save <dir>', 'where seed files go', SEEDS)
  .action(
    async (
      inputs: number,
      options: { seed: number; first: number; kind?: string; save: string },
    ) => {
      expectBuilt()
      const shop = new Workshop()
      const found = new Map<string, number>()
      const started = performance.now()
      try {
        const { findings, codes, sampled, differing, long } = await fuzzInputs(shop, {
          ...{ seed: options.seed, first: options.first, count: inputs, kind: options.kind },
          limitMs: LIMIT_MS,
          sample: 100,
          onFinding: (finding) => {
            const alike = (found.get(finding.fault) ?? 0) + 1
            found.set(finding.fault, alike)
            if (alike > MOST_ALIKE) return
            const path = saveSeed(options.save, finding)
            const { kind, seed, number, fault, input } = finding
            console.log(
              `${kind}, seed ${seed}, number ${number}: ${fault}\n  ${JSON.stringify(input.args).slice(0, 300)}\n  ${path}`,
            )
          },
          onProgress: (done) => {
            if (done % 1000 === 0) console.log(`${done} of ${inputs}`)
          },
        })
        const seconds = (performance.now() - started) / 1000
        console.log(codesText(codes))
        console.log(
          `seed ${options.seed}: ${inputs} inputs in ${seconds.toFixed(0)} s, ${findings.length} failed`,
        )
        console.log(`${long} simulations of much traffic and large models, ended by SIGINT`)
        console.log(`${sampled} also as processes, ${differing.length} with another exit code`)
        for (const [fault, often] of found) console.log(`  ${often} x ${fault}`)
        for (const line of differing) console.log(`  ${line}`)
        if (findings.length + differing.length > 0) process.exitCode = 1
      } finally {
        shop.close()
      }
    },
  )

program
  .command('kills')
  .description('kill commands at random moments, and look at what they leave')
  .argument('[count]', 'how many', count, 200)
  .option('--seed <n>', 'of the moments', count, now())
  .action(async (number: number, options: { seed: number }) => {
    expectBuilt()
    const shop = new Workshop()
    const started = performance.now()
    try {
      const result = await kills(shop, number, options.seed, (outcome) => {
        const { command, signal, atMs, toGroup, ended, faults } = outcome
        if (faults.length === 0) return
        const to = toGroup ? 'its group' : 'it'
        console.log(
          `${command}, ${signal} to ${to} after ${atMs.toFixed(0)} ms, ended with ${ended}`,
        )
        for (const fault of faults) console.log(`  ${fault}`)
      })
      console.log(killsText(result))
      const failed = result.outcomes.filter(({ faults }) => faults.length > 0).length
      const seconds = (performance.now() - started) / 1000
      console.log(
        `seed ${options.seed}: ${number} kills in ${seconds.toFixed(0)} s, ${failed} failed`,
      )
      if (failed > 0) process.exitCode = 1
    } finally {
      shop.close()
    }
  })

program
  .command('deaths')
  .description('kill the executor of a webgpu replay every few seconds; no request may be lost')
  .argument('[requests]', 'how many', count, 100_000)
  .option('--seed <n>', 'of the moments', count, now())
  .action(async (requests: number, { seed }: { seed: number }) => {
    expectBuilt()
    const result = await deaths(requests, seed)
    console.log(deathsText(result))
    if (result.faults.length > 0) process.exitCode = 1
  })

program
  .command('again')
  .description('run seed files again and show what happens')
  .argument('<file...>', 'seed files')
  .action(async (files: readonly string[]) => {
    expectBuilt()
    const shop = new Workshop()
    try {
      for (const file of files) {
        const input = readSeed(file)
        const outcome = await shop.process(input, LIMIT_MS)
        const { code, signal, stdout, stderr, peakMib } = outcome
        const fault = faultOf(input.args, outcome)
        console.log(
          `${file}: exit ${code ?? signal}, ${peakMib.toFixed(0)} MiB, ${fault ?? 'as it should'}`,
        )
        console.log(`  ${shown(input.args.join(' '))}\n  ${shown(stdout)}\n  ${shown(stderr)}`)
        if (fault !== null) process.exitCode = 1
      }
    } finally {
      shop.close()
    }
  })

await program.parseAsync()
