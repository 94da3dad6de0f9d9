import { type Command, Option } from 'commander'
import { Failure } from '../../scenarios/light.ts'
import { implement, override, scenarioFile, wholeNumber, withJson } from './command.ts'

const HELP = `
Products with stored float32 weights (Conv, Gemm, MatMul) compute with 8 bits afterwards; all others stay as they are, and
are named with the reason. Weights become int8 by output channel, values uint8 by their range on samples. These are the
inputs of the model in the scenario, with the lengths of its traffic: fills, or files of real samples. Both models then run
on other samples, and the drift of the first output is printed. A net of many small layers may become slower: compare the
processor time of a request, which is printed, too.

Examples:
  $ spillway models quantise scenario.yaml --out ranker-int8.onnx
  $ spillway models quantise scenario.yaml --model ranker --samples 200 --out ranker-int8.onnx --json`

/** Inputs of a calibration by default. */
const SAMPLES = 32
/** More take hours. */
const MOST_SAMPLES = 100_000

export function withQuantise(models: Command): void {
  const quantise = models
    .command('quantise')
    .copyInheritedSettings(models)
    .description(
      'Quantise an ONNX model of a scenario to int8, and print how far its outputs drift',
    )
  withJson(scenarioFile(quantise))
    .requiredOption('--out <file>', 'the ONNX file to write', outFile)
    .option('--model <name>', 'the model; default: the only one of an ONNX file')
    .addOption(
      new Option('--samples <n>', 'inputs by which ranges are found')
        .argParser(wholeNumber(1, MOST_SAMPLES))
        .default(SAMPLES),
    )
    .option('--set <path=value>', 'override any scenario value; may be repeated', override)
  implement(quantise, HELP, async () => (await import('../actions/models-quantise.ts')).perform)
}

function outFile(text: string): string {
  if (text !== '') return text
  throw new Failure('--out: the path is empty; name a file such as ranker-int8.onnx')
}
