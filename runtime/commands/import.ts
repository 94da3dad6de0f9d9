import { type Command, InvalidArgumentError, Option } from 'commander'
import { TABLE_COLUMNS } from '../../scenarios/light.ts'
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

Any other CSV or JSON Lines file has to have the time of arrival and the latency, or the end, of each request. Columns
are guessed from their names where one alone fits, and a note names them. The end and the latency also show the time.
first_token is the time to it, and status is that of HTTP or a word such as true.

The folder of --out gets scenario.yaml, the arrivals as requests.csv, and evidence.json: what each value of the
scenario rests on. A value is measured (records show it), assumed (none does) or unknown. A server cannot be seen from
outside: replicas and limits are assumed, and service times are known only where tokens, a stated wait or requests that
had the server alone show them.

Examples:
  $ spillway import requests profile_export.jsonl --out imported
  $ spillway import requests access.log.1 access.log --out imported
  $ spillway import requests access.log --log-format '$remote_addr [$time_iso8601] "$request" $status $request_time'
  $ spillway import requests calls.csv --columns time=ts --columns latency=ms_total --out imported
  $ spillway simulate imported/scenario.yaml`

const TRACES_HELP = `
Files are those of the file exporter of the OpenTelemetry collector (format: json), or one document with resourceSpans.
Text may be gzip where each line has a request of the exporter.

Requests are the spans of one kind of one service, the first of these that it has:
  1. spans of kind SERVER with gen_ai.*, such as llm_request of vLLM, with its lengths, first token and wait
  2. other spans with gen_ai.*: calls of a model, from the side of the client
  3. spans of kind SERVER with http.* or url.path
So a request with several spans counts once; a note counts spans that are left out. Agents and tools are no requests.

Sampled traces show a part of the requests. Rates are scaled where the spans or --sampled state the share. What ran
beside a request is not seen, so service times that depend on it are assumed. Without a share, values that need all
requests are assumed: --sampled 1 states that all were traced. Instances of a server (service.instance.id) are its
replicas.

Examples:
  $ spillway import traces traces.json --out imported
  $ spillway import traces traces-1.json traces-2.json --service vllm-server --out imported
  $ spillway import traces traces.json --sampled 0.1 --out imported
  $ spillway simulate imported/scenario.yaml`

const STATISTICS_HELP = `
The files have the answer of a server to v2/models/stats or v2/models/M/stats, as Triton and \`spillway serve\` state it. Its
batch_stats give the mean time of each batch size. With two files, BEFORE and AFTER, what was counted between them is
imported, with its rate; the time between them is that between the last requests of both, or --seconds.

Means are all that statistics have: how batches differ, the batch window and the number of replicas are assumed.

Examples:
  $ spillway import statistics stats.json --out imported
  $ spillway import statistics before.json after.json --seconds 60 --model resnet50 --out imported`

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
  defineTraces(command)
  defineStatistics(command)
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

const SERVERS = ['vllm', 'sglang', 'tgi', 'triton', 'spillway', 'generic'] as const

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
    .option('--columns <key=name>', columnsText, column)
    .addOption(new Option('--time-unit <unit>', 'of a table; default: guessed').choices(TIMES))
    .addOption(new Option('--duration-unit <unit>', 'the same of latencies').choices(DURATIONS))
    .addOption(badRowsOption('records'))
    .addOption(outOption('scenario.yaml, requests.csv and evidence.json'))
  implement(requests, REQUESTS_HELP, async () => (await import('../actions/import.ts')).requests)
}

function defineTraces(command: Command): void {
  const traces = withJson(command.command('traces'))
    .copyInheritedSettings(command)
    .description('Import requests as spans of OpenTelemetry show them')
    .argument('<file...>', 'one or more files with spans as OTLP JSON', each(givenFile))
    .option('--service <name>', 'service.name of the server; default: the only one')
    .option('--sampled <share>', 'share of requests traced; default: as spans state it', share)
    .addOption(badRowsOption('spans'))
    .addOption(outOption('scenario.yaml, requests.csv and evidence.json'))
  implement(traces, TRACES_HELP, async () => (await import('../actions/import.ts')).traces)
}

function defineStatistics(command: Command): void {
  const statistics = withJson(command.command('statistics'))
    .copyInheritedSettings(command)
    .description('Import the service times that statistics of a server show')
    .argument(
      '<file...>',
      'a reading of the statistics, or one before it, then it',
      each(givenFile),
    )
    .option('--model <name>', 'model of the server; default: the only one with executions')
    .option('--seconds <s>', 'time between both readings; default: as they show', positiveNumber)
    .addOption(outOption('scenario.yaml and evidence.json'))
  const load = async () => (await import('../actions/import.ts')).statistics
  implement(statistics, STATISTICS_HELP, load)
}

const columnsText = `column of ${TABLE_COLUMNS.join(', ')}; may be repeated; default: guessed, but kind and status`
const DURATIONS = ['s', 'ms', 'us', 'ns'] as const
const TIMES = [...DURATIONS, 'iso'] as const

type TableColumn = (typeof TABLE_COLUMNS)[number]
type Columns = Readonly<Partial<Record<TableColumn, string>>>

/** Adds `key=name` to the columns of the options before it. */
function column(text: string, previous: Columns = {}): Columns {
  const [key, name] = [text.split('=', 1)[0]!, text.slice(text.indexOf('=') + 1)]
  const isColumn = TABLE_COLUMNS.some((candidate) => candidate === key)
  if (isColumn && text.includes('=') && name !== '') return { ...previous, [key]: name }
  const names = TABLE_COLUMNS.join(', ')
  throw new InvalidArgumentError(`Expected ${names}, then =NAME, got ${text}.`)
}

/** From above 0 to 1. */
function share(text: string): number {
  const value = positiveNumber(text)
  if (value <= 1) return value
  throw new InvalidArgumentError('Expected a share, above 0 and at most 1.')
}

const badRowsOption = (noun: string) =>
  new Option('--bad-rows <what>', `skip: count unreadable ${noun} and leave them out`)
    .choices(['error', 'skip'])
    .default('error')
