export { builtinContent } from './builtin-file.ts'
export { contentOf } from './content.ts'
export { Feeds } from './feeds.ts'
export { materialise } from './model-file.ts'
export type { InputSpec, ModelFile, ModelPlaces } from './model-types.ts'
export { isOutOfMemory } from './out-of-memory.ts'
export {
  detailOf,
  type ExecutionProvider,
  openSession,
  type SessionOptions,
  sessionOptions,
  supportedProviders,
} from './session.ts'
