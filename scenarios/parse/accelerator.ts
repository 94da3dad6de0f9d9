import { Failure } from '../failure.ts'
import { type Accelerator, acceleratorSchema } from '../schema/schema-accelerator.ts'
import { explain } from './explain.ts'
import { childOf, placeOf, plainOf, problemTexts } from './located.ts'
import { deepFreeze } from './parse.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

/**
 * Validates the text of an accelerator file. `file` names it in messages. Throws `Failure` with
 * every problem found, in the order of the text.
 */
export function parseAccelerator(text: string, file: string): Accelerator {
  const { root, problems } = parseYamlTree(text, fileOrigin(file, 0))
  if (root === null) throw new Failure(problemTexts(problems))
  if (childOf(root, 'spillway') && !childOf(root, 'accelerator')) {
    const place = placeOf(root, ['spillway'], 'key')
    const what = 'expected an accelerator, which begins with "accelerator: 1", got a scenario'
    throw new Failure(problemTexts([{ place, path: 'spillway', text: what }]))
  }
  const value = plainOf(root)
  const invalid = explain(acceleratorSchema, value)
  if (problems.length + invalid.length > 0) {
    throw new Failure(problemTexts(problems, invalid, root))
  }
  const { $schema: _, ...accelerator } = acceleratorSchema.parse(value)
  return deepFreeze(accelerator)
}
