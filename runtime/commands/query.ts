import type { Command } from 'commander'
import { implement, keptFolder, withJson } from './command.ts'

const HELP = `
The table is results, with a row for each configuration. Its columns are configuration (its number), one for each path
that changes, status, reason, scenario (its hash), verdict, stability, extrapolated, transferred, uncalibrated,
replications, capacity_rps, load, usd_per_hour, usd_per_million, usd_per_million_tokens; of each objective 1, 2, …:
objective_1 (its text), objective_1_verdict, objective_1_value; of each class CLASS.arrived, CLASS.mean_ms,
CLASS.p50_ms to CLASS.p99_9_ms, the same over all arrivals as CLASS.all_p50_ms, CLASS.goodput_share; of each pool
POOL.replicas, POOL.utilisation, POOL.batch_mean, and POOL.power_w and POOL.joule_per_request where its power is
known. A figure has its 95 % interval in columns with _low and _high. Names with a dot stand in double quotes.
\`describe results\` lists them all.

SQL reads this table and nothing else: no file, no network, no extension. An answer has at most 5,000,000 values.

It needs DuckDB: npm install @duckdb/node-api

Examples:
  $ spillway query runs/sizes 'describe results'
  $ spillway query runs/sizes 'select configuration, verdict, "checkout.p99_ms" from results order by usd_per_hour'`

export function define(command: Command): void {
  withJson(
    command
      .argument('<dir>', 'a folder of spillway sweep or merge', keptFolder)
      .argument('<sql>', 'a statement of DuckDB SQL on the table results'),
  )
  implement(command, HELP, async () => (await import('../actions/query.ts')).perform)
}
