// Live: who is on the telephone now, and what everybody's status is (features.md R1-R21, R38, W8; demands.md D65-D69).
import { Bell, BellOff, Download, Expand, MonitorUp, WifiOff, X } from 'lucide-preact'
import { lazy, Suspense } from 'preact/compat'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { AskError, client, useAnswer } from '../../ask'
import { optionsOf, useChoices } from '../../filter/bar'
import { useParameter } from '../../filter/useFilter'
import { Many, type Option } from '../../kit/choices'
import { saveFile } from '../../kit/download'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Check } from '../../kit/inputs'
import { useToast } from '../../kit/overlay'
import { Empty, Problem, Skeleton } from '../../kit/states'
import { useMay, useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import type { Call } from './board'
import { Calls } from './calls'
import { ClockContext } from './clock'
import { CALL_STATUSES, type Filtering, type LiveFilter, TYPES, useLiveFilter } from './filter'
import { Counts } from './head'
import { JoinDialog } from './join'
import { type Lined, ownTicket, useLine } from './line'
import { People } from './people'
import { useAnnounced } from './rang'
import { keepSound, ringOnce, soundKept } from './rings'
import { WallBoard } from './wallboard'
import { WallsDialog } from './walls'
import './live.css'

// Its charts are for whoever opens it.
const ProfileDrawer = lazy(() =>
  import('../team/profile').then((found) => ({ default: found.ProfileDrawer })),
)

const RECENT = { params: { query: { preset: 'last_4_weeks' } } } as const

function LiveBar({ filtering, queuesNow }: { filtering: Filtering; queuesNow: string[] }) {
  const say = useWords('live')
  const words = useWords('filter')
  const choices = useChoices()
  const occurring = useAnswer('/v1/choices', RECENT).data
  const { filter, set } = filtering
  const queues = [...new Set([...(occurring?.queues ?? []), ...queuesNow, ...(filter.queues ?? [])])]
  const many = (
    field: 'users' | 'teams' | 'numbers' | 'queues' | 'types' | 'statuses',
    label: string,
    options: Option[],
  ) =>
    options.length ? (
      <Many
        label={label}
        options={options}
        chosen={filter[field] ?? []}
        onChange={(chosen) => set({ [field]: chosen.length ? chosen : undefined } as LiveFilter)}
      />
    ) : null
  return (
    <div class="filter-bar no-print" role="search" aria-label={words('filters')}>
      {many('users', words('users'), optionsOf(choices?.users))}
      {many('teams', words('teams'), optionsOf(choices?.teams))}
      {many('numbers', words('numbers'), optionsOf(choices?.numbers))}
      {many(
        'queues',
        words('queues'),
        queues.map((queue) => ({ id: queue, name: queue })),
      )}
      {many(
        'types',
        say('column.type'),
        TYPES.map((id) => ({ id, name: say(`type.${id}`) })),
      )}
      {many(
        'statuses',
        say('column.status'),
        CALL_STATUSES.map((id) => ({ id, name: say(`status.${id}`) })),
      )}
      <Check
        label={say('include_internal')}
        checked={filter.include_internal ?? false}
        onChange={(on) => set({ include_internal: on || undefined })}
      />
      {filtering.narrowed ? (
        <button type="button" class="quiet" onClick={filtering.clear}>
          <X size={16} aria-hidden="true" /> {words('reset')}
        </button>
      ) : null}
    </div>
  )
}

function State({ line }: { line: Lined }) {
  const say = useWords('live')
  const format = useFormat()
  const { phase, staleSince } = line
  return (
    <span class={phase === 'lost' ? 'live-state lost' : 'live-state'} role="status" data-phase={phase}>
      {phase === 'lost' ? (
        <>
          <WifiOff size={15} aria-hidden="true" />
          {staleSince ? say('stale', { at: format.time(staleSince, true) }) : say('no_connection')}
        </>
      ) : phase === 'live' ? (
        <>
          <span class="live-dot online" aria-hidden="true" /> {say('live')}
        </>
      ) : (
        say('connecting')
      )}
    </span>
  )
}

/** The board's calls now as a file, by the same filter (demands.md D67). */
const saveSnapshot = (filter: LiveFilter): Promise<void> =>
  saveFile(client.GET('/v1/live/export', { params: { query: filter }, parseAs: 'blob' }), 'live.csv')

export default function LivePage() {
  const shell = useWords('shell')
  const say = useWords('live')
  const session = useSession()
  const tell = useToast()
  const mayExport = useMay('export')
  const maySupervise = useMay('supervise')
  const mayPutUp = useMay('view_all_calls')
  const filtering = useLiveFilter()
  const { filter, narrowed } = filtering
  const [wall, setWall] = useParameter('wall')
  const [profile, setProfile] = useState<string | null>(null)
  const [joining, setJoining] = useState<Call | null>(null)
  const [walls, setWalls] = useState(false)
  const [sound, setSound] = useState(soundKept)
  const onRings = useAnnounced()
  const line = useLine(ownTicket, filter, onRings)
  const { board, phase, staleSince } = line
  const queuesNow = useMemo(
    () => [...new Set([...board.calls.values()].map((call) => call.queue).filter(Boolean))],
    [board],
  )
  const onExit = useCallback(() => setWall(null), [setWall])

  useEffect(() => {
    if (wall !== '1') return
    // The big board covers the page: what is below it is not reached by keyboard or read aloud.
    const below = [...document.querySelectorAll<HTMLElement>('.shell > :not(main)')]
    for (const part of below) part.inert = true
    return () => {
      for (const part of below) part.inert = false
    }
  }, [wall])

  if (phase === 'refused') {
    return (
      <Page title={shell('page.live')}>
        <Problem error={new AskError(line.status, say('no_connection'), '')} retry={line.again} />
      </Page>
    )
  }
  if (wall === '1') {
    return (
      <WallBoard line={line} title={shell('page.live')} about={session.me.workspace.name} onExit={onExit} />
    )
  }
  const toggleSound = () => {
    keepSound(!sound)
    setSound(!sound)
    if (!sound) ringOnce()
  }
  return (
    <ClockContext.Provider value={line.clock}>
      <Page
        title={shell('page.live')}
        tools={
          <>
            <State line={line} />
            <button
              type="button"
              class="quiet"
              aria-pressed={sound}
              onClick={toggleSound}
              title={say(sound ? 'sound_on' : 'sound_off')}
            >
              {sound ? <Bell size={18} aria-hidden="true" /> : <BellOff size={18} aria-hidden="true" />}
              <span class="unseen">{say('sound')}</span>
            </button>
            {mayExport ? (
              <button
                type="button"
                onClick={() =>
                  void saveSnapshot(filter).catch((error: unknown) =>
                    tell(error instanceof Error ? error.message : say('no_connection'), true),
                  )
                }
              >
                <Download size={16} aria-hidden="true" /> {say('snapshot')}
              </button>
            ) : null}
            {mayPutUp ? (
              <button type="button" onClick={() => setWalls(true)} data-open="walls">
                <MonitorUp size={16} aria-hidden="true" /> {say('walls.title')}
              </button>
            ) : null}
            <button type="button" onClick={() => setWall('1')}>
              <Expand size={16} aria-hidden="true" /> {say('wallboard')}
            </button>
          </>
        }
        bar={<LiveBar filtering={filtering} queuesNow={queuesNow} />}
      >
        {board.header ? (
          <div class={staleSince ? 'stack board-stale' : 'stack'} data-version={board.version}>
            <Counts board={board} narrowed={narrowed} />
            <Card title={say('calls')} class="live-calls">
              <Calls
                board={board}
                joins={maySupervise}
                onProfile={setProfile}
                onJoin={setJoining}
                empty={
                  <Empty
                    inline
                    title={say(narrowed && board.header.in_project ? 'none_by_filter' : 'no_calls')}
                    action={
                      narrowed && board.header.in_project ? (
                        <button type="button" onClick={filtering.clear}>
                          {say('show_project', { count: board.header.in_project })}
                        </button>
                      ) : null
                    }
                  />
                }
              />
            </Card>
            <Card title={say('people')}>
              <People board={board} onProfile={setProfile} />
            </Card>
            <p class="faint small-text">{say('zone', { zone: board.zone })}</p>
          </div>
        ) : phase === 'lost' ? (
          <Problem error={new AskError(0, say('no_connection'), '')} retry={line.again} />
        ) : (
          <Skeleton lines={8} />
        )}
      </Page>
      {profile ? (
        <Suspense fallback={null}>
          <ProfileDrawer userId={profile} onClose={() => setProfile(null)} />
        </Suspense>
      ) : null}
      {joining ? <JoinDialog call={joining} onClose={() => setJoining(null)} /> : null}
      {walls ? <WallsDialog filter={filter} narrowed={narrowed} onClose={() => setWalls(false)} /> : null}
    </ClockContext.Provider>
  )
}
