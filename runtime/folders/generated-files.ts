import type { GeneratedColumns } from '../../sim/audit/index.ts'
import { columnsBytes, readColumns } from './columns-file.ts'
import type { FolderChange } from './replace-files.ts'

/** Tokens that came out of a replay, in order: the row of the request, and the margin of each. */
const ANSWERS = { request: Int32Array, token: Int32Array, margin: Float64Array } as const

/** Blocks of an executor's KV cache after each run of steps. */
const BLOCKS = {
  executor: Int32Array,
  used: Int32Array,
  kept: Int32Array,
  free: Int32Array,
} as const

/** Files beside the rows of a replay that generates. */
export const generatedFiles = (run: string) => ({
  answers: `${run}.answers.parquet`,
  blocks: `${run}.blocks.parquet`,
})

export async function writeGenerated(
  change: FolderChange,
  run: string,
  { answers, blocks }: GeneratedColumns,
  pause: () => Promise<void>,
): Promise<void> {
  const files = generatedFiles(run)
  const request = Int32Array.from(answers.keys)
  const token = Int32Array.from(answers.tokens)
  const margin = Float64Array.from(answers.margins)
  await change.write(files.answers, await columnsBytes({ request, token, margin }, pause))
  const { used, kept, free } = blocks
  const columns = { executor: blocks.executors, used, kept, free }
  const integers = Object.entries(columns).map(
    ([name, values]) => [name, Int32Array.from(values)] as const,
  )
  await change.write(files.blocks, await columnsBytes(Object.fromEntries(integers), pause))
}

/** Throws `Failure` where a file is missing or another one. */
export async function readGenerated(
  pathOf: (name: string) => string,
  run: string,
): Promise<GeneratedColumns> {
  const files = generatedFiles(run)
  const answers = await readColumns(pathOf(files.answers), ANSWERS)
  const { executor: executors, ...blocks } = await readColumns(pathOf(files.blocks), BLOCKS)
  const { request: keys, token: tokens, margin: margins } = answers
  return { answers: { keys, tokens, margins }, blocks: { executors, ...blocks } }
}
