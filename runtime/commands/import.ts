import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  collect,
  each,
  givenFile,
  implement,
  outOption,
  positiveNumber,
  withJson,
} from './command.ts'

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

const PROMETHEUS_HELP = `
The source is the address of a Prometheus server, or a file with a saved response of its /api/v1/query_range (one, a
map of them by metric, or one a line). Rates come from counters, means from sums over counts; buckets are never turned
into percentiles. Bursts within a step cannot be seen: they are assumed, with a width. A window is refused
where counts of the same requests disagree.

Only servers on this machine are asked, unless --allow-host names another one. Redirects are not followed.

Metrics of a generic server are named by what they hold: arrived or ended (counters), failures, running, waiting, and
histograms or summaries without _sum: latency_s, queue_s, compute_s, input_tokens, output_tokens and others.

Examples:
  $ spillway import prometheus http://localhost:9090 --server vllm --from -1h --out imported
  $ spillway import prometheus saved.json --server triton --out imported
  $ spillway import prometheus https://metrics.example --allow-host metrics.example --token-env PROM_TOKEN \\
      --server generic --metric ended=http_requests_total --metric latency_s=http_request_duration_seconds --from -1d`

export function define(command: Command): void {
  defineRequests(command)
  const prometheus = withJson(command.command('prometheus'))
    .copyInheritedSettings(command)
    .description('Import the traffic and the service times that metrics of a server show')
    .argument('<source>', 'the address of Prometheus, or a file with saved responses')
    .addOption(
      new Option('--server <kind>', 'the kind of server that the metrics are of')
        .choices(SERVERS)
        .makeOptionMandatory(true),
    )
    .option('--from <time>', 'begin of the window: -1h, a date or s since 1970; of an address')
    .option('--to <time>', 'its end; default: now')
    .option('--step <s>', 'length of a step; default: the interval of scrapes', positiveNumber)
    .option('--label <key=value>', 'use series with this label only; may be repeated', pairs)
    .option('--metric <key=name>', 'name of a metric; may be repeated', pairs)
    .option('--allow-host <host>', 'ask this host, too; may be repeated', collect)
    .option('--token-env <variable>', 'environment variable with a bearer token')
    .addOption(outOption('scenario.yaml and evidence.json'))
  const load = async () => (await import('../actions/import.ts')).prometheus
  implement(prometheus, PROMETHEUS_HELP, load)
}

const SERVERS = ['vllm', 'sglang', 'tgi', 'triton', 'generic'] as const

/** Adds `key=value` to those of the options before it. */
function pairs(text: string, previous: ReadonlyMap<string, string> = new Map()) {
  const equals = text.indexOf('=')
  if (equals > 0 && equals < text.length - 1) {
    return new Map([...previous, [text.slice(0, equals), text.slice(equals + 1)]])
  }
  throw new InvalidArgumentError(`Expected KEY=VALUE, got ${text}.`)
}

function defineRequests(command: Command): void {
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
