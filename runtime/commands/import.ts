import { type Command, Option } from 'commander'
import { each, givenFile, implement, outOption, withJson } from './command.ts'

/** As the tables of formats name them; a test compares. */
export const FORMATS = [
  ...(['aiperf', 'genai-perf', 'guidellm', 'inference-perf', 'vllm-bench'] as const),
  ...(['nginx', 'nginx-json', 'nginx-json-iso8601', 'nginx-json-local'] as const),
  ...(['envoy', 'envoy-json', 'haproxy', 'aws-alb'] as const),
] as const

const REQUESTS_HELP = `
Load generators: AIPerf (profile_export.jsonl), GenAI-Perf (profile_export.json), guidellm, inference-perf
(per_request_lifecycle_metrics.json) and vllm bench serve (--save-detailed). Access logs: nginx with $request_time,
envoy, haproxy (option httplog) and AWS ALB. Text may be gzip.

The folder of --out gets scenario.yaml, the arrivals as requests.csv, and evidence.json: what each value of the
scenario rests on. A value is measured (records show it), assumed (none does) or unknown. A server cannot be seen from
outside: replicas and limits are assumed, and service times are known only where tokens, a stated wait or requests that
had the server alone show them.

Examples:
  $ spillway import requests profile_export.jsonl --out imported
  $ spillway import requests access.log.1 access.log --out imported
  $ spillway import requests access.log --log-format '$remote_addr [$time_iso8601] "$request" $status $request_time'
  $ spillway simulate imported/scenario.yaml`

export function define(command: Command): void {
  const requests = withJson(command.command('requests'))
    .copyInheritedSettings(command)
    .description('Import requests as a load generator or an access log recorded them')
    .argument('<file...>', 'one or more files of one format', each(givenFile))
    .addOption(new Option('--format <name>', 'default: guessed').choices(FORMATS))
    .option('--log-format <format>', 'the log_format of nginx, as its configuration has it')
    .addOption(
      new Option('--bad-rows <what>', 'skip: count unreadable records and leave them out')
        .choices(['error', 'skip'])
        .default('error'),
    )
    .addOption(outOption('scenario.yaml, requests.csv and evidence.json'))
  implement(requests, REQUESTS_HELP, async () => (await import('../actions/import.ts')).requests)
}
