import { type Command, InvalidArgumentError } from 'commander'
import {
  collect,
  implementOnScenario,
  override,
  positiveNumber,
  profileOption,
  scenarioFile,
  wholeNumber,
} from './command.ts'

const HELP = `
The server has the Open Inference Protocol over HTTP (KServe v2): health, metadata, inference with JSON or binary
tensors, statistics as Triton has them (/v2/models/M/stats), and metrics for Prometheus (/metrics). A model has the name
of its entry in \`models\`. Queues, batching, priorities, deadlines and admission of the scenario apply to its clients;
its traffic is not sent. A request is one of a batch: its first axis has size 1. It belongs to the first class of its
model, or to that of its parameter \`class\`.

Models that generate have OpenAI's completions (/v1/completions, /v1/models), streaming or not. A prompt is a list of
token ids, as models of scenarios have no texts; an answer has \`max_tokens\` tokens, the likeliest ones.

Answers: 400 and 413 for what does not fit the model, 429 for shed, 504 for timed out, 503 where as many requests as
possible are in flight or the server is ending. Only pools on cpu are served yet.

Only programs on this machine reach it, unless --host names another address. Requests of browser pages, and those whose
header Host is another name, are refused. There is no encryption and no login: use a proxy for these.

Ctrl-C or SIGTERM ends it: requests under way are answered, then it exits with code 0.

Examples:
  $ spillway serve first
  $ spillway serve my.yaml --port 9000 --drain 60
  $ curl localhost:8000/v2/models/encoder`

export function define(command: Command): void {
  scenarioFile(command)
    .option('--set <path=value>', 'override any scenario value; may be repeated', override)
    .option('--seed <n>', 'override the seed', wholeNumber(0))
    .addOption(profileOption())
    .option('--host <address>', 'where it listens', address, '127.0.0.1')
    .option('--port <n>', '0: any free one', wholeNumber(0, 65_535), 8000)
    .option('--allow-host <name>', 'allow this name in the header Host; may be repeated', collect)
    .option('--max-requests <n>', 'the most requests at once', wholeNumber(1, 65_536), 1024)
    .option('--drain <s>', 'how long it waits for requests when it ends', positiveNumber, 30)
  implementOnScenario(command, HELP, async () => (await import('../actions/serve.ts')).perform)
}

function address(text: string): string {
  if (/^[a-z0-9.:-]{1,253}$/i.test(text)) return text
  throw new InvalidArgumentError(`Expected an address or a host name, got ${text}.`)
}
