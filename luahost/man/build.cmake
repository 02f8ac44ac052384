# build.cmake - runs scdoc, which knows only its standard input and output.
execute_process(COMMAND "${SCDOC}" INPUT_FILE "${PAGE}"
                OUTPUT_FILE "${OUTPUT}.part" RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "scdoc does not take ${PAGE}")
endif()
file(RENAME "${OUTPUT}.part" "${OUTPUT}")
