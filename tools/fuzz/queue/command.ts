import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { wholeNumber } from '../../../runtime/commands/command.ts'
import { expectBuilt } from '../../../test/command-line.ts'
import { startValkey } from '../../../test/valkey.ts'
import { beginStudy } from '../../claims/record.ts'
import { recordWhole } from '../record-whole.ts'
import { hostileAnswers } from './hostile-answers.ts'
import { hostileJobs } from './hostile-jobs.ts'
import { killedWorkers } from './killed-workers.ts'

const count = wholeNumber(0)

/** Calls `use` with an empty folder and the URL of a server of its own. */
async function withServer<T>(use: (url: string, folder: string) => Promise<T>): Promise<T> {
  expectBuilt()
  const folder = mkdtempSync(join(tmpdir(), 'spillway-fuzz-queue-'))
  const valkey = await startValkey()
  try {
    return await use(valkey.url, folder)
  } finally {
    await valkey.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function print(outcome: { readonly faults: readonly string[] }, seed: number): void {
  const { faults, ...counts } = outcome
  for (const fault of faults) console.log(fault)
  const text = Object.entries(counts).map(([name, value]) => `${name} ${value}`)
  console.log(`seed ${seed}: ${text.join(', ')}; ${faults.length} findings`)
  if (faults.length > 0) process.exitCode = 1
}

/** Adds what is tried on the queue of a sweep, with a real server. */
export function addQueueCommands(program: Command): void {
  const now = Math.floor(Date.now() / 1000)
  program
    .command('queue')
    .description('put hostile jobs and hostile answers on the server of a real worker and sweep')
    .argument('[count]', 'number of jobs, and of configurations with lies', count, 500)
    .option('--seed <n>', 'seed of the jobs and answers', count, now)
    .option('--first <n>', 'number of the first job', count, 0)
    .action(async (number: number, { seed, first }: { seed: number; first: number }) => {
      const begun = beginStudy('fuzz-queue')
      const jobs = await withServer((url, folder) =>
        hostileJobs(url, { folder, count: number, seed, first }),
      )
      print(jobs, seed)
      const answers = await withServer((url, folder) =>
        hostileAnswers(url, { folder, count: number, seed }),
      )
      print(answers, seed)
      await recordWhole(begun, first === 0 ? jobs.jobs : 0, {
        tried: jobs.jobs,
        answers: answers.answers,
        seed,
        findings: jobs.faults.length + answers.faults.length,
      })
    })
  program
    .command('queue-kills')
    .description('kill the worker of a queued sweep again and again while its jobs are poisoned')
    .argument('[kills]', 'number of kills', count, 100)
    .option('--configurations <n>', 'size of the sweep', count, 1000)
    .option('--seed <n>', 'seed of the moments', count, now)
    .action(async (kills: number, options: { configurations: number; seed: number }) => {
      const begun = beginStudy('fuzz-queue-kills')
      const ended = await withServer((url, folder) =>
        killedWorkers(url, { folder, kills, ...options }),
      )
      // of so many some are named, unless nothing was poisoned in time
      const blind = ended.named === 0 ? ['no poisoned configuration was named'] : []
      const outcome = { ...ended, faults: [...ended.faults, ...blind] }
      print(outcome, options.seed)
      const { configurations, poisoned, rows, named, faults } = outcome
      await recordWhole(begun, outcome.kills, {
        ...{ tried: outcome.kills, seed: options.seed, findings: faults.length },
        ...{ configurations, poisoned, rows, named },
      })
    })
}
