import { Page } from '../../shell'
import { useWords } from '../../words'

export default function TeamPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.team')}>{null}</Page>
}
