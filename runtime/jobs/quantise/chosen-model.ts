import { EXIT, Failure, type LoadedScenario, nearest } from '../../../scenarios/index.ts'

/** The name of the model to quantise, by default the only own one. Throws `Failure`. */
export function chosenModel(
  { scenario: { models }, file }: LoadedScenario,
  given: string | undefined,
): string {
  const files = Object.keys(models).filter((name) => 'onnx' in models[name]!)
  if (given !== undefined) expectFile(models, files, given)
  else if (files.length === 0) {
    const text = 'has no model of an ONNX file; a pool has a built-in kind as int8 by its precision'
    throw new Failure(`${file} models: ${text}`)
  } else if (files.length > 1) {
    throw new Failure(`${file} models: choose one of ${files.join(', ')} by --model`, EXIT.usage)
  }
  const name = given ?? files[0]!
  const model = models[name]!
  if ('onnx' in model && typeof model.onnx !== 'string' && model.onnx.fp32 === undefined) {
    throw new Failure(`${file} models.${name}.onnx: expected a file for fp32 to quantise, got none`)
  }
  return name
}

function expectFile(
  models: LoadedScenario['scenario']['models'],
  files: readonly string[],
  given: string,
): void {
  if (files.includes(given)) return
  const model = Object.hasOwn(models, given) ? models[given] : undefined
  if (model === undefined) {
    const meant = nearest(given, files)
    const hint = meant === null ? '' : `; did you mean ${meant}?`
    const names = Object.keys(models).join(', ')
    throw new Failure(`--model: expected one of ${names}, got ${given}${hint}`, EXIT.usage)
  }
  const reason =
    'work' in model
      ? 'has declared work, and no file to quantise'
      : 'is built in; a pool has it as int8 by precision: int8'
  throw new Failure(`--model: ${given} ${reason}`, EXIT.usage)
}
