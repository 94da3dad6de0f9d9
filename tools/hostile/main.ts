import { Command } from 'commander'
import { wholeNumber } from '../../runtime/commands/command.ts'
import { beginStudy } from '../claims/record.ts'
import { recordWhole } from '../fuzz/record-whole.ts'
import { fuzzServers } from './hostile-servers.ts'

const count = wholeNumber(0)
/** Findings that are shown. */
const MOST_SHOWN = 50

const seed = Math.floor(Date.now() / 1000)

const program = new Command('npm run hostile --').description(
  'Hostile servers before the client of replays, and hostile clients before spillway serve',
)

program
  .command('servers')
  .description('answer calls of a replay wrongly, slowly or without an end')
  .argument('[count]', 'number of calls', count, 1000)
  .option('--seed <n>', 'seed of the answers', count, seed)
  .option('--first <n>', 'number of the first call', count, 0)
  .action(async (number: number, { seed, first }: { seed: number; first: number }) => {
    const begun = beginStudy('hostile-servers')
    let shown = 0
    const result = await fuzzServers({
      ...{ seed, first, count: number },
      onFinding: ({ number, mutation, fault }) => {
        if (shown++ < MOST_SHOWN) console.log(`number ${number}, ${mutation}: ${fault}`)
      },
    })
    const { calls, mutations, latestMs, growthMib, findings } = result
    const ends = [...result.ends].map(([end, often]) => `${often} ${end}`).join(', ')
    console.log(`seed ${seed}: ${calls} calls, ${mutations.size} mutations; ${ends}`)
    const late = `${Math.max(0, latestMs).toFixed(0)} ms after the time-out at the latest`
    console.log(`${late}; memory grew by ${growthMib.toFixed(0)} MiB; ${findings.length} findings`)
    if (findings.length > 0) process.exitCode = 1
    await recordWhole(begun, first === 0 ? calls : 0, {
      ...{ tried: calls, seed, findings: findings.length },
      ...{ ends: Object.fromEntries(result.ends), mutations: mutations.size },
      ...{ latest_ms: Math.max(0, Math.round(latestMs)), growth_mib: Math.round(growthMib) },
    })
  })

await program.parseAsync()
