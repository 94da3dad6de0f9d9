export { builtinContent } from './builtin-file.ts'
export { Feeds } from './feeds.ts'
export {
  contentOf,
  type InputSpec,
  type ModelFile,
  type ModelPlaces,
  materialise,
} from './model-file.ts'
export { isOutOfMemory } from './out-of-memory.ts'
export {
  detailOf,
  type ExecutionProvider,
  openSession,
  type SessionOptions,
  sessionOptions,
  supportedProviders,
} from './session.ts'
