from infra.command_line import main

main()
