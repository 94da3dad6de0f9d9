import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { Failure } from '../../../scenarios/index.ts'
import { InferenceSession } from '../onnx-runtime.ts'
import { withChosenBranches } from './chosen-branches.ts'
import { type GivenInput, type WeightlessModel, weightlessModel } from './weightless-model.ts'

const { onnx } = onnxProto
const { INT64, INT32, BOOL } = onnx.TensorProto.DataType
const WHOLE: readonly (number | null | undefined)[] = [INT64, INT32, BOOL]
const WHOLE_NAMES: readonly string[] = ['int64', 'int32', 'bool']

/** A tensor of a graph whose inputs have fixed shapes. */
export interface SettledTensor {
  /** null where a size depends on values, or where it is not inferred */
  readonly sizes: readonly number[] | null
  /** indices, shapes and masks */
  readonly whole: boolean
}

export interface SettledNode {
  readonly operator: string
  /** '' for one that is left out */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, number | readonly number[] | string>
}

/** A graph for one shape of its inputs, in the order of its data. */
export interface SettledGraph {
  readonly nodes: readonly SettledNode[]
  readonly tensors: ReadonlyMap<string, SettledTensor>
  /** names of the weights and of other tensors that the file holds */
  readonly constants: ReadonlySet<string>
  readonly outputs: ReadonlySet<string>
}

/**
 * The graph as ONNX Runtime has it for these inputs. It folds what depends on shapes alone, and
 * infers the shape of every output; nothing is run. Throws `Failure` with its error.
 */
export async function settledGraph(
  model: WeightlessModel,
  inputs: readonly GivenInput[],
): Promise<SettledGraph> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-operations-'))
  try {
    const path = join(folder, 'folded.onnx')
    const fold = async (bytes: Uint8Array) => {
      await opened(bytes, { graphOptimizationLevel: 'basic', optimizedModelFilePath: path })
      return readFile(path)
    }
    // weights of the branches that are taken
    const chosen = weightlessModel(await withChosenBranches(model.withInputs(inputs), fold))
    const weights = new Set([...model.weights, ...chosen.weights])
    return await inferred(await fold(chosen.withInputs([])), weights)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The names, types and shapes of the outputs of a model. */
async function opened(bytes: Uint8Array, options: InferenceSession.SessionOptions) {
  try {
    const session = await InferenceSession.create(bytes, {
      ...options,
      executionProviders: ['cpu'],
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    })
    const { outputMetadata } = session
    await session.release()
    return outputMetadata
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(`ONNX Runtime cannot infer the shapes: ${reason.trim()}`)
  }
}

async function inferred(bytes: Uint8Array, lifted: ReadonlySet<string>): Promise<SettledGraph> {
  const model = onnx.ModelProto.decode(bytes)
  const graph = model.graph!
  const outputs = new Set((graph.output ?? []).map(({ name }) => name ?? ''))
  const nodes = (graph.node ?? []).map(
    ({ opType, input, output, attribute }): SettledNode => ({
      operator: opType ?? '',
      inputs: input ?? [],
      outputs: output ?? [],
      attributes: new Map(
        (attribute ?? []).map((entry) => [entry.name ?? '', attributeValue(entry)]),
      ),
    }),
  )
  const inner = nodes.flatMap((node) => node.outputs).filter((name) => name && !outputs.has(name))
  graph.output = [...(graph.output ?? []), ...inner.map((name) => ({ name }))]
  const encoded = onnx.ModelProto.encode(model).finish()
  const metadata = await opened(encoded, { graphOptimizationLevel: 'disabled' })
  const tensors = new Map<string, SettledTensor>()
  for (const { name, type } of graph.input ?? []) {
    const dims = type?.tensorType?.shape?.dim?.map(({ dimValue }) => Number(dimValue ?? 0))
    const whole = WHOLE.includes(type?.tensorType?.elemType)
    tensors.set(name ?? '', { sizes: dims ?? null, whole })
  }
  for (const { name, dims, dataType } of graph.initializer ?? []) {
    tensors.set(name ?? '', { sizes: (dims ?? []).map(Number), whole: WHOLE.includes(dataType) })
  }
  for (const value of metadata) {
    if (!value.isTensor) continue
    const sizes = value.shape.filter((size): size is number => typeof size === 'number')
    const isKnown = sizes.length === value.shape.length && sizes.every((size) => size >= 0)
    tensors.set(value.name, {
      sizes: isKnown ? sizes : null,
      whole: WHOLE_NAMES.includes(value.type),
    })
  }
  const stored = (graph.initializer ?? []).map(({ name }) => name ?? '')
  return { nodes, tensors, constants: new Set([...lifted, ...stored]), outputs }
}

type Attribute = Parameters<typeof onnx.AttributeProto.encode>[0]

/** Of the kinds that counting needs. */
function attributeValue({ type, i, ints, s }: Attribute): number | readonly number[] | string {
  const { INTS, STRING } = onnx.AttributeProto.AttributeType
  if (type === INTS) return (ints ?? []).map(Number)
  return type === STRING ? Buffer.from(s ?? []).toString() : Number(i ?? 0)
}
