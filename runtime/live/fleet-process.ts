import { serveParent } from '../process/serve-parent.ts'
import { FleetHost, type FleetReply, type FleetRequest } from './fleet-host.ts'

const host = new FleetHost()

serveParent<FleetRequest, FleetReply, number>((request, onPart) => host.answer(request, onPart))
