# What a run says of its own lateness, which depends on what else the machine does (sed -E).
/^late  /d
/^flaky .*: tcpdrill itself was /d
s/ \([0-9]+ run again because the tester was late\)//
s/ \([0-9]+ flaky\)//
s/  \((run [0-9]+ times|the tester was)[^)]*\)//
