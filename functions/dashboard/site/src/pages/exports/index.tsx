import { Page } from '../../shell'
import { useWords } from '../../words'

export default function ExportsPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.exports')}>{null}</Page>
}
