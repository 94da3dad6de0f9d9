import { codeBlocks } from '../tools/docs/code-blocks.ts'
import { readPage } from '../tools/docs/pages.ts'

/** The scenario of the guide on failures that has all that can happen to a fleet in a replay. */
export function drill(): string {
  const blocks = codeBlocks(readPage('docs/guides/failures.md'))
  const block = blocks.find(({ words }) => words.includes('drill.yaml'))
  if (block === undefined) throw new Error('Expected drill.yaml on the page')
  return block.text
}
